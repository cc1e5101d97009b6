<?php

declare(strict_types=1);

// An API for tests, served by PHP's own web server.
$path = parse_url($_SERVER['REQUEST_URI'], \PHP_URL_PATH);
parse_str((string) parse_url($_SERVER['REQUEST_URI'], \PHP_URL_QUERY), $query);

if (preg_match('~^/status/(\d{3})$~', $path, $match)) {
    http_response_code((int) $match[1]);
    header('Content-Type: application/json');
    echo json_encode(['status' => (int) $match[1]]);
} elseif ('/redirect' === $path) {
    http_response_code((int) ($query['status'] ?? 302));
    header('Location: '.$query['to']);
} elseif ('/slow' === $path) {
    usleep((int) ($query['ms'] ?? 1000) * 1000);
    echo 'late';
} elseif ('/large' === $path) {
    echo str_repeat('x', (int) $query['bytes']);
} elseif ('/short' === $path) {
    header('Content-Length: 100');
    echo 'only this';
} elseif ('/text' === $path) {
    header('X-Two: one');
    header('X-Two: two', false);
    echo 'no JSON';
} else {
    header('Content-Type: application/json');
    echo json_encode([
        'method' => $_SERVER['REQUEST_METHOD'],
        'uri' => $_SERVER['REQUEST_URI'],
        'headers' => array_change_key_case(getallheaders()),
        'body' => base64_encode((string) file_get_contents('php://input')),
    ]);
}
