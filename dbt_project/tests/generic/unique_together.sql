{# Fails on rows that share the values of `columns`. #}
{% test unique_together(model, columns) %}
    select
        {{ columns | join(', ') }},
        count(*) as rows_sharing
    from {{ model }}
    group by all
    having count(*) > 1
{% endtest %}
