with versions as (
    {{ versions_of(source('nycflights13', 'weather_observation'), key=['origin', 'observed_hour_at']) }}
),

listed as (
    select
        origin,
        observed_hour_at,
        known_at,
        temp_f,
        dew_point_f,
        humidity_pct,
        wind_dir_deg,
        wind_speed_mph,
        wind_gust_mph,
        precip_in,
        pressure_hpa,
        visibility_miles,
        is_first_known,
        period_month,
        known_month,
        {{ month_fingerprint('period_month') }} as month_fingerprint
    from versions
)

select * from listed
