curl -X POST 'http://127.0.0.1:8080/API/orders/create_order_network' \
  -H 'x-api-key: your_api_key_here' \
  -H 'Content-Type: application/json' \
  -d '{
    "user_id": "user12345-6789-0123-4567-890123456789",
    "network_id": "net12345-6789-0123-4567-890123456789",
    "billing_cycle": "yearly"
}'
