with versions as (
    {{ versions_of(source('nycflights13', 'planes_plane'), key=['tailnum']) }}
),

listed as (
    select
        tailnum,
        known_at,
        manufacture_year,
        plane_type,
        manufacturer,
        model,
        engines,
        seats,
        engine,
        is_first_known,
        period_month,
        known_month,
        {{ month_fingerprint('period_month') }} as month_fingerprint
    from versions
)

select * from listed
