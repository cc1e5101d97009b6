--TEST--
HttpClient: 10,000 requests and 200 clients leave no memory, no descriptor and no thread behind
--FILE--
<?php
require __DIR__.'/lib/origin.inc';
$origin = new Origin();
$client = new Ferry\HttpClient(['base_uri' => $origin->url, 'proxy' => false]);
function resident(): int
{
    return 4096 * (int) explode(' ', file_get_contents('/proc/self/statm'))[1];
}
function work(Ferry\HttpClient $client, int $requests): void
{
    for ($i = 0; $i < $requests; $i += 5) {
        $client->request('POST', '/digest', ['X-A' => ['1', '2']], str_repeat('x', 1000))->body();
        $response = $client->request('GET', '/big/2000', options: ['stream' => true]);
        $response->read(10);
        $client->request('GET', '/redirect?/fields')->headers();
        try {
            $client->request('GET', '/big/100', options: ['max_body_bytes' => 10]);
        } catch (Ferry\Exception\TooLargeException) {
        }
        $response->body();
    }
}
work($client, 1000);
gc_collect_cycles();
[$heap, $resident, $threads] = [memory_get_usage(), resident(), threads()];
work($client, 10_000);
gc_collect_cycles();
printf("heap: %s\n", ($d = memory_get_usage() - $heap) <= 65_536 ? 'flat' : "grew by $d");
printf("process: %s\n", ($d = resident() - $resident) <= 8 << 20 ? 'flat' : "grew by $d");
printf("threads: %s\n", threads() <= $threads ? 'the same' : 'more');
for ($i = 0; $i < 200; ++$i) {
    (new Ferry\HttpClient(['proxy' => false]))->request('GET', $origin->url.'/echo');
}
until(fn () => descriptors() < 30);
printf("pending %d, descriptors %s\n", $client->stats()['pending'], descriptors() < 30 ? 'few' : descriptors());
?>
--EXPECT--
heap: flat
process: flat
threads: the same
pending 0, descriptors few
