--TEST--
SIGHUP reads the certificates again: nobody is dropped, and a bad file keeps the old ones and is reported
--EXTENSIONS--
posix
pcntl
openssl
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$files = dirname(__DIR__) . '/fixtures/tls';
$folder = sys_get_temp_dir() . '/ferry-tls-' . getmypid();
mkdir($folder);
$put = function (string $certificate, string $key) use ($files, $folder) {
    copy("$files/$certificate.pem", "$folder/s.pem");
    copy("$files/$key.key", "$folder/s.key");
};
/** The common name of the certificate that the server shows. */
$shown = function (string $url): string {
    $context = stream_context_create(['ssl' => ['capture_peer_cert' => true, 'verify_peer' => false, 'verify_peer_name' => false]]);
    $stream = stream_socket_client(str_replace('wss://', 'tls://', $url), context: $context);

    return openssl_x509_parse(stream_context_get_params($stream)['options']['ssl']['peer_certificate'])['subject']['CN'];
};
$put('local', 'local');
$code = '
    $server = server(["tls" => ["cert" => "' . $folder . '/s.pem", "key" => "' . $folder . '/s.key"]]);
    $server->onMessage(fn ($c, $data) => $c->send("$data back"));
    HANDLER
    echo $server->listen(), "\n";
    $server->run();
    echo "after run\n";';
$script = new Script(str_replace('HANDLER', '$server->onError(function ($c, $e) { var_dump($c); echo get_class($e), ": ", $e->getMessage(), "\n"; });', $code));
$url = $script->line();
$client = Ferry\WsClient::connect($url, tls: ['ca' => "$files/ca.pem"]);
echo $shown($url), "\n";
$put('renewed', 'renewed');
$script->signal(SIGHUP);
until(fn () => $shown($url) === 'renewed');
$client->send('one');
var_dump($client->receive());
$put('local', 'renewed');
$script->signal(SIGHUP);
echo $script->line(), "\n", str_replace($folder, 'DIR', $script->line()), "\n";
echo $shown($url), "\n";
$client->send('two');
var_dump($client->receive());
$script->signal(SIGTERM);
echo closed($client), "\n";
$script->end();

// Without onError it is logged; reload() throws it.
$put('local', 'local');
$script = new Script(str_replace('HANDLER', '', $code));
$url = $script->line();
unlink("$folder/s.key");
$script->signal(SIGHUP);
while (!str_contains($line = $script->line(), 'certificates')) {
}
echo preg_match('~Option "tls\.key" names the file .* which cannot be read~', $line), "\n";
echo $shown($url), "\n";
$script->signal(SIGTERM);
$put('local', 'local');
$server = server(['tls' => ['cert' => "$folder/s.pem", 'key' => "$folder/s.key"]]);
$server->reload();
$server->listen();
unlink("$folder/s.pem");
try { $server->reload(); } catch (Ferry\Exception\RuntimeException $e) { echo str_replace($folder, 'DIR', $e->getMessage()), "\n"; }
$server->stop(grace: 0.0);
server()->reload();
unlink("$folder/s.key");
rmdir($folder);

// Without tls SIGHUP ends the script, as ever.
$script = new Script('$server = server(); echo $server->listen(), "\n"; $server->run();');
$script->line();
$script->signal(SIGHUP);
$script->end();
?>
--EXPECTF--
local
string(8) "one back"
NULL
Ferry\Exception\RuntimeException: The certificates stay as they were: Option "tls.key" names the file "DIR/s.key", whose key is not the one of the certificate in "DIR/s.pem"; give both files of one pair.
renewed
string(8) "two back"
1001
after run
exit 0
1
local
The certificates stay as they were: Option "tls.cert" names the file "DIR/s.pem", which cannot be read: No such file or directory (os error 2); check the path and the rights of the server's user.

signal 1
