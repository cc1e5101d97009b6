// The protocol of benches/README.md on uWebSockets, on one thread.
//
// uwebsockets [PORT]; FERRY_BENCH_COMPRESSION=1 compresses with compressors that all connections share, as Ferry does.

#include "App.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

struct Nothing {};

template <bool COMPRESS>
void serve(int port) {
    uWS::App app;
    app.ws<Nothing>("/*", {
        .compression = COMPRESS ? uWS::CompressOptions(uWS::SHARED_COMPRESSOR | uWS::SHARED_DECOMPRESSOR) : uWS::DISABLED,
        .maxPayloadLength = 16 * 1024 * 1024,
        .idleTimeout = 120,
        .maxBackpressure = 64 * 1024 * 1024,
        .open = [](auto *ws) { ws->subscribe("all"); },
        .message = [&app](auto *ws, std::string_view message, uWS::OpCode code) {
            // As Ferry's threshold.
            bool compress = COMPRESS && message.size() >= 256;
            switch (message.empty() ? '\0' : message[0]) {
                case 'B':
                    app.publish("all", message, code, compress);
                    break;
                case 'S':
                    usleep(200'000);
                    [[fallthrough]];
                default:
                    ws->send(message, code, compress);
            }
        },
    }).listen("127.0.0.1", port, [port](auto *socket) {
        if (!socket) {
            std::exit(1);
        }
        std::printf("ws://127.0.0.1:%d\n", us_socket_local_port(0, reinterpret_cast<us_socket_t *>(socket)));
        std::fflush(stdout);
    }).run();
}

int main(int count, char **arguments) {
    int port = count > 1 ? std::atoi(arguments[1]) : 0;
    const char *compress = std::getenv("FERRY_BENCH_COMPRESSION");
    compress && *compress ? serve<true>(port) : serve<false>(port);
}
