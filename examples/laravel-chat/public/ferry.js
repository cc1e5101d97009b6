// Where "php artisan vendor:publish --tag=ferry-assets" puts the client.
export * from '/vendor/ferry/client.js';
