{#
    Fails when no row at all was observed in the days in which `training_set` calls rows upcoming: then none is upcoming because
    nothing landed, and not because every label is known.
#}
{% test some_were_observed_lately(model, rows, training_set) %}
    select 'no row was observed lately' as found
    where not exists (select 1 from {{ rows }} where {{ observed_lately(training_set) }})
{% endtest %}
