/* A Modbus server made of libmodbus alone, for the test that our master reads it.
 *   libmodbus_server tcp        prints the port it listens on (loopback, chosen by the system)
 *   libmodbus_server rtu TTY BAUD PARITY    unit 7, eight bits, parity N, E or O, one stop bit; prints "ready"
 * Holding register n says 1000 + n, input register n 2000 + n, coil n is set when n is even, discrete input n when
 * n is a multiple of 3; 100 of each. Ends with its input. */
#include <arpa/inet.h>
#include <errno.h>
#include <modbus.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int rtu = argc > 4 && !strcmp(argv[1], "rtu"), listener = -1;
    modbus_t *m = rtu ? modbus_new_rtu(argv[2], atoi(argv[3]), argv[4][0], 8, 1) : modbus_new_tcp("127.0.0.1", 0);
    modbus_mapping_t *map = modbus_mapping_new(100, 100, 100, 100);
    if (!m || !map) return 1;
    for (int n = 0; n < 100; n++) {
        map->tab_bits[n] = n % 2 == 0, map->tab_input_bits[n] = n % 3 == 0;
        map->tab_registers[n] = 1000 + n, map->tab_input_registers[n] = 2000 + n;
    }
    if (rtu) {
        modbus_set_slave(m, 7);
        if (modbus_connect(m)) { fprintf(stderr, "%s\n", modbus_strerror(errno)); return 1; }
        puts("ready");
    } else {
        struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof a;
        listener = socket(AF_INET, SOCK_STREAM, 0);
        if (bind(listener, (void *)&a, size) || listen(listener, 5) || getsockname(listener, (void *)&a, &size)) return 1;
        printf("%d\n", ntohs(a.sin_port));
    }
    fflush(stdout);
    for (;;) {
        if (!rtu && modbus_tcp_accept(m, &listener) < 0) return 1;
        for (;;) {
            uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
            int length = modbus_receive(m, query);
            if (length > 0) modbus_reply(m, query, length, map);
            else if (length < 0 && !rtu) { modbus_close(m); break; }
        }
    }
}
