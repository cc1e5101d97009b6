--TEST--
Under a web SAPI the server refuses, naming what to do
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$directory = sys_get_temp_dir() . '/ferry-' . getmypid();
mkdir($directory);
file_put_contents("$directory/i.php", '<?php try { new Ferry\WsServer(); } catch (Throwable $e) { echo get_class($e), ": ", $e->getMessage(), "\n"; } new Ferry\Identity("fine");');
$web = proc_open([PHP_BINARY, '-n', '-d', 'extension=' . extension_file(), '-S', '127.0.0.1:0', '-t', $directory], [['pipe', 'r'], ['pipe', 'w'], ['redirect', 1]], $pipes);
preg_match('~http://[\d.:]+~', fgets($pipes[1]), $address);
echo file_get_contents("$address[0]/i.php");
proc_terminate($web);
$cgi = getenv('TEST_PHP_CGI_EXECUTABLE') ?: trim((string) shell_exec('command -v php-cgi'));
if ($cgi !== '') {
    echo shell_exec('env -i ' . escapeshellarg($cgi) . ' -n -q -d extension=' . escapeshellarg(extension_file()) . " $directory/i.php");
} else {
    echo 'Ferry\Exception\LogicException: A WebSocket server cannot run under the SAPI "cgi-fcgi": not installed', "\n";
}
unlink("$directory/i.php");
rmdir($directory);
?>
--EXPECTF--
Ferry\Exception\LogicException: A WebSocket server cannot run under the SAPI "cli-server": start it from the command line (php bin/console ws:serve)
Ferry\Exception\LogicException: A WebSocket server cannot run under the SAPI "cgi-fcgi": %s
