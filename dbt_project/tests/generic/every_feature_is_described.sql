{# Fails on columns of the feature models above this training set that no training set's YAML describes. #}
{% test every_feature_is_described(model) %}
    {%- set features, described = [], [] -%}
    {%- if execute -%}
        {%- set sets = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | selectattr('fqn.1', 'equalto', 'training_sets') -%}
        {%- for set in sets -%}
            {%- do described.extend(set.columns) -%}
            {%- if set.name == model.identifier -%}
                {%- set above = set.depends_on.nodes | list -%}
                {%- for id in set.depends_on.nodes if id in graph.nodes and graph.nodes[id].fqn[1] == 'rows' -%}
                    {%- do above.extend(graph.nodes[id].depends_on.nodes) -%}
                {%- endfor -%}
                {%- for id in above if id in graph.nodes and graph.nodes[id].fqn[1] == 'features' -%}
                    {%- do features.append(graph.nodes[id].alias) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif %}
    select
        table_name as feature_model,
        column_name
    from information_schema.columns
    where
        table_schema = '{{ model.schema }}'
        and table_name in ('{{ features | join("', '") }}')
        and column_name not in ('flight_id', 'observed_month', 'month_fingerprint')
        and column_name not in ('{{ described | join("', '") }}')
{% endtest %}
