with observed as (
    select *
    from {{ ref('cancellation_rows') }}
    where {{ observed_before_as_of('cancellation_rows') }}
),

labels as (
    {{ last_known_before_as_of(ref('label_cancellation'), 'flight_id') }}
),

labelled as (
    select *
    from observed
    inner join labels using (flight_id)
),

listed as (
    select {{ contract_columns() }}
    from labelled
)

select * from listed
