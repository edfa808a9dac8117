with observed as (
    select *
    from {{ ref('cancellation_rows') }}
    where {{ observed_lately('cancellation') }}
),

labels as (
    {{ last_known_before_as_of(ref('label_cancellation'), 'flight_id') }}
),

unlabelled as (
    select *
    from observed
    anti join labels using (flight_id)
),

listed as (
    select {{ row_columns('cancellation') }}
    from unlabelled
)

select * from listed
