// Where "bin/console assets:install" puts the client.
export * from '/bundles/ferry/client.js';
