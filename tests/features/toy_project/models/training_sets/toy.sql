select
    postings.parcel,
    postings.posted_at as observed_at,
    deliveries.is_late,
    deliveries.known_at as label_known_at,
    postings.weight_g,
    postings.size,
    postings.weight_g / 1000.0::double as weight_kg
from {{ ref('postings') }} as postings
inner join {{ source('post', 'parcels_delivery') }} as deliveries using (parcel)
where deliveries.known_at < timestamp '{{ env_var("SHIPSHAPE_AS_OF", "0001-01-01") }}'
