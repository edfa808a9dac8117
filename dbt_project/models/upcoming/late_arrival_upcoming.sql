with observed as (
    select *
    from {{ ref('late_arrival_rows') }}
    where {{ observed_lately('late_arrival') }}
),

labels as (
    {{ last_known_before_as_of(ref('label_late_arrival'), 'flight_id') }}
),

unlabelled as (
    select *
    from observed
    anti join labels using (flight_id)
),

listed as (
    select {{ row_columns('late_arrival') }}
    from unlabelled
)

select * from listed
