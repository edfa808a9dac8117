-- the last version of each posting
select * exclude (filename)
from {{ source('post', 'parcels_posting') }}
qualify row_number() over (partition by parcel order by known_at desc) = 1
