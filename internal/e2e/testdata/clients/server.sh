curl -X POST 'http://127.0.0.1:8080/API/orders/create_order' \
-H 'x-api-key: your_api_key_here' \
-H 'Content-Type: application/json' \
-d '{
"user_id": "user12345-6789-0123-4567-890123456789",
"plan_id": "5",
"os_image_id": "13",
"location": "Slovenia",
"name_server": "testServerAPI"
}'
