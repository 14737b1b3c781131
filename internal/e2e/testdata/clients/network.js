async function makeRequest() {
  try {
    const response = await fetch('http://127.0.0.1:8080/API/orders/create_order_network', {
      method: 'POST',
      headers: {
        'x-api-key': 'your_api_key_here',
        'Content-Type': 'application/json'
      },
      body: JSON.stringify({
    "user_id": "user12345-6789-0123-4567-890123456789",
    "network_id": "net12345-6789-0123-4567-890123456789",
    "billing_cycle": "yearly"
})
    });
    
    const data = await response.json();
    console.log('Response:', data);
    return data;
  } catch (error) {
    console.error('Error:', error);
  }
}
