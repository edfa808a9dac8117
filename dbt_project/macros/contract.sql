{#
    The columns of this training set, in the order of its YAML: the contract says what is selected, so that a new feature
    needs a line in its own SQL and its description in the training set's YAML, and nothing here.

        select {{ contract_columns() }} from joined
#}
{% macro contract_columns() %}
    {%- for column in model.columns %}
    {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{% endmacro %}


{#
    What the YAML of a training set says about its upcoming rows: `within_days`, and `lookup`, the key by which a row is found.
#}
{% macro upcoming_of(training_set) -%}
    {%- if not execute -%}
        {{ return({'within_days': 0, 'lookup': []}) }}
    {%- endif -%}
    {{ return(graph.nodes['model.' ~ project_name ~ '.' ~ training_set].config.meta.get('upcoming', {'lookup': []})) }}
{%- endmacro %}


{#
    The columns of a training set's rows while they have no label: those of the training set without the label's, in the order
    of its YAML, then those of its `lookup` that are not among them.

        select {{ row_columns('late_arrival') }} from joined
#}
{% macro row_columns(training_set) -%}
    {%- if not execute -%}
        {{ return('*') }}
    {%- endif -%}
    {%- set names = [] -%}
    {%- for name, column in graph.nodes['model.' ~ project_name ~ '.' ~ training_set].columns.items() -%}
        {%- if column.config.meta.role not in ('label', 'label_known_at') -%}
            {%- do names.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for each in upcoming_of(training_set).lookup if each is mapping -%}
        {%- do names.append(each.name) -%}
    {%- endfor -%}
    {{ return(names | join(', ')) }}
{%- endmacro %}
