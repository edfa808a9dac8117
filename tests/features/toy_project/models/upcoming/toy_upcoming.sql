select
    postings.parcel,
    postings.posted_at as observed_at,
    postings.weight_g,
    postings.size,
    postings.weight_g / 1000.0::double as weight_kg,
    postings.posted_at
from {{ ref('postings') }} as postings
where
    postings.posted_at < timestamp '{{ env_var("SHIPSHAPE_AS_OF", "0001-01-01") }}'
    and postings.posted_at >= timestamp '{{ env_var("SHIPSHAPE_AS_OF", "0001-01-01") }}' - interval 3 day
    and postings.parcel not in (
        select parcel from {{ source('post', 'parcels_delivery') }} where known_at < timestamp '{{ env_var("SHIPSHAPE_AS_OF", "0001-01-01") }}'
    )
