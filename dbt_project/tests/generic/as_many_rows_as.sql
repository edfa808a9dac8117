{# Fails when a model has more or fewer rows than another: one row per row is its grain, and none was lost. #}
{% test as_many_rows_as(model, other) %}
    select
        (select count(*) from {{ model }}) as rows_here,
        (select count(*) from {{ other }}) as rows_there
    where rows_here <> rows_there
{% endtest %}
