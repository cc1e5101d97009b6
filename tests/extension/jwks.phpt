--TEST--
Keys that an issuer publishes over HTTPS verify tokens; bad options name themselves
--EXTENSIONS--
openssl
--FILE--
<?php

require __DIR__.'/lib/ferry.inc';

use Ferry\WsServer;

function base64url(string $data): string
{
    return rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
}

// A certificate for the issuer, and the key that signs tokens.
$dir = sys_get_temp_dir().'/ferry-jwks-'.getmypid();
mkdir($dir);
file_put_contents("$dir/openssl.cnf", "[req]\ndistinguished_name=dn\n[dn]\n[ext]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n");
$config = ['config' => "$dir/openssl.cnf", 'x509_extensions' => 'ext', 'digest_alg' => 'sha256', 'private_key_bits' => 2048];
$tls = openssl_pkey_new($config);
$certificate = openssl_csr_sign(openssl_csr_new(['commonName' => 'localhost'], $tls, $config), null, $tls, 2, $config);
openssl_x509_export_to_file($certificate, "$dir/ca.pem");
openssl_x509_export($certificate, $pem);
openssl_pkey_export($tls, $private, null, $config);
file_put_contents("$dir/server.pem", $pem.$private);
$key = openssl_pkey_new(['private_key_bits' => 2048]);
$rsa = openssl_pkey_get_details($key)['rsa'];
$set = json_encode(['keys' => [['kty' => 'RSA', 'kid' => 'k1', 'use' => 'sig', 'alg' => 'RS256', 'n' => base64url($rsa['n']), 'e' => base64url($rsa['e'])]]]);

$listener = stream_socket_server('ssl://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, stream_context_create(['ssl' => ['local_cert' => "$dir/server.pem"]]));
$issuer = 'https://localhost:'.parse_url('x://'.stream_socket_get_name($listener, false), PHP_URL_PORT).'/jwks.json';
$pid = pcntl_fork();

if (0 === $pid) {
    // Ends with its parent, whatever happens to that one.
    for ($left = 3; $left > 0 && $client = @stream_socket_accept($listener, 20); --$left) {
        while (!in_array(fgets($client), ["\r\n", false], true)) {
        }
        fwrite($client, "HTTP/1.1 200 OK\r\nContent-Length: ".strlen($set)."\r\n\r\n$set");
        fclose($client);
    }
    posix_kill(getmypid(), SIGKILL);
}
fclose($listener);

function token(OpenSSLAsymmetricKey $key, string $kid): string
{
    $signed = base64url(json_encode(['alg' => 'RS256', 'kid' => $kid])).'.'.base64url(json_encode(['sub' => 'alice', 'exp' => time() + 60]));
    openssl_sign($signed, $signature, $key, OPENSSL_ALGO_SHA256);

    return $signed.'.'.base64url($signature);
}

foreach (['trusted' => "$dir/ca.pem", 'not trusted' => null] as $name => $ca) {
    $server = new WsServer(['port' => 0, 'jwt' => ['algorithms' => ['RS256'], 'jwks_url' => $issuer, 'jwks_ca' => $ca]]);
    $url = $server->listen();
    echo "$name: ", $server->stats()->jwksRefreshes, ' fetched, ', min(1, $server->stats()->jwksFailures), " failed\n";

    if (null !== $ca) {
        echo status($url."/?token=".token($key, "k1")), ' ', status($url."/?token=".token($key, "k2")), "\n";
    }
    $server->stop(grace: 0);
}

posix_kill($pid, SIGKILL);
pcntl_waitpid($pid, $status);
array_map('unlink', glob("$dir/*"));
rmdir($dir);

foreach ([
    ['jwks_url' => 'http://issuer.example/'],
    ['jwks_url' => 'nonsense'],
    ['jwks_url' => 5],
    ['jwks_url' => 'http://127.0.0.1/', 'key' => 'x'],
    ['jwks_url' => 'http://127.0.0.1/', 'jwks_refresh' => 9],
    ['jwks_url' => 'https://issuer.example/', 'jwks_ca' => '/nonexistent'],
    ['jwks_url' => 'http://127.0.0.1/', 'algorithms' => ['HS256']],
    ['jwks_refresh' => 60],
] as $options) {
    try {
        new WsServer(['jwt' => $options + ['algorithms' => ['RS256']]]);
        echo "accepted\n";
    } catch (Ferry\Exception\InvalidArgumentException $e) {
        echo $e->getMessage(), "\n";
    }
}
?>
--EXPECTF--
trusted: 1 fetched, 0 failed
101 401
not trusted: 0 fetched, 1 failed
Option "jwt.jwks_url" %s
Option "jwt.jwks_url" %s
Option "jwt.jwks_url" %s
Option "jwt.jwks_url" cannot be combined with "jwt.key"%S
Option "jwt.jwks_refresh" must be an integer from 10 to 86400, 9 given.
Option "jwt.jwks_ca" must be the path of a PEM file with certificates, %s
Option "jwt.algorithms[0]" is HS256, which no given key serves%s
Option "jwt.jwks_refresh" needs "jwt.jwks_url"%S
