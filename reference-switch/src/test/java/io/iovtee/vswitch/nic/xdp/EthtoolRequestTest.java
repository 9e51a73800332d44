// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.iovtee.vswitch.linux.EthtoolFlowTable;
import io.iovtee.vswitch.linux.RxFlowSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The request that inserts a flow rule, byte for byte against {@code ethtool -N}: a library before
 * libc writes down what ethtool hands to ioctl. Needs ethtool and gcc, and neither root nor a NIC.
 */
class EthtoolRequestTest {
  private static final String SHIM =
      """
      #define _GNU_SOURCE
      #include <stdarg.h>
      #include <stdint.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/syscall.h>
      #include <unistd.h>
      #include <net/if.h>
      #include <linux/ethtool.h>
      #include <linux/sockios.h>
      int ioctl(int fd, unsigned long request, ...) {
        va_list arguments;
        va_start(arguments, request);
        void *argument = va_arg(arguments, void *);
        va_end(arguments);
        if (request == SIOCETHTOOL) {
          unsigned char *data = (void *)((struct ifreq *)argument)->ifr_data;
          uint32_t command;
          memcpy(&command, data, sizeof command);
          if (command == ETHTOOL_SRXCLSRLINS) {
            FILE *out = fopen(getenv("IOVTEE_REQUEST"), "w");
            for (unsigned i = 0; i < sizeof(struct ethtool_rxnfc); i++)
              fprintf(out, "%02x", data[i]);
            fclose(out);
            return 0;
          }
        }
        return syscall(SYS_ioctl, fd, request, argument);
      }
      """;

  @TempDir static Path directory;
  private static Path library;

  @BeforeAll
  static void compile() throws Exception {
    Path source = Files.writeString(directory.resolve("shim.c"), SHIM);
    library = directory.resolve("shim.so");
    try {
      run(List.of("ethtool", "--version"), null);
      String words =
          run(
              List.of("gcc", "-shared", "-fPIC", "-o", library.toString(), source.toString()),
              null);
      assertThat(library).as(words).exists();
    } catch (IOException e) {
      String why = "no C compiler or no ethtool: apt-get install gcc libc6-dev ethtool";
      if ("true".equals(System.getenv("CI"))) {
        fail(why);
      }
      abort(why);
    }
  }

  private static String run(List<String> command, Path request) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    if (request != null) {
      builder.environment().put("LD_PRELOAD", library.toString());
      builder.environment().put("IOVTEE_REQUEST", request.toString());
    }
    Process process = builder.start();
    String words = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return words;
  }

  private static String command(String request) {
    return request.substring(0, 2 * 4);
  }

  /** What else is in the request this command does not use, and ethtool leaves as it was. */
  private static String rule(String request) {
    return request.substring(2 * 16, 2 * (16 + 168));
  }

  /** ethtool's own masks say what is ignored; ours, as the kernel's, what is compared. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ether dst 02:00:00:00:00:11|dl_dst=02:00:00:00:00:11",
        "ether dst 02:00:00:00:00:10 m 00:00:00:00:00:0f"
            + "|dl_dst=02:00:00:00:00:10/ff:ff:ff:ff:ff:f0",
        "ether src 02:00:00:00:00:01 proto 0x88b5|dl_src=02:00:00:00:00:01,dl_type=0x88b5",
        "ether dst 02:00:00:00:00:11 vlan 100 m 0xf000|dl_dst=02:00:00:00:00:11,dl_vlan=100",
        "ether dst 02:00:00:00:00:11 vlan 0x6000 m 0x1fff|dl_dst=02:00:00:00:00:11,dl_vlan_pcp=3",
        "udp4 src-ip 10.0.0.1 dst-ip 10.0.0.2 src-port 1024 dst-port 53"
            + "|udp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=1024,tp_dst=53",
        "tcp4 dst-ip 10.0.0.0 m 0.0.0.255 dst-port 1024 m 0x3ff"
            + "|tcp,nw_dst=10.0.0.0/24,tp_dst=1024/0xfc00",
        "sctp4 dst-port 5000|sctp,tp_dst=5000",
        "tcp4 dst-ip 10.0.0.2 dst-mac"
            + " 02:00:00:00:00:11|tcp,nw_dst=10.0.0.2,dl_dst=02:00:00:00:00:11",
        "udp4 tos 0xb8 m 0x3|udp,nw_tos=184",
        "ip4 dst-ip 10.0.0.2|ip,nw_dst=10.0.0.2",
        "ip4 dst-ip 10.0.0.2 l4proto 47|ip,nw_dst=10.0.0.2,nw_proto=47",
        "tcp6 dst-ip 2001:db8::2 dst-port 443|tcp6,ipv6_dst=2001:db8::2,tp_dst=443",
        "udp6 src-ip 2001:db8::1|udp6,ipv6_src=2001:db8::1",
        "ip6 dst-ip 2001:db8::2 l4proto 47|ipv6,ipv6_dst=2001:db8::2,nw_proto=47"
      })
  void sameBytesAsEthtool(String arguments, String match) throws Exception {
    Path request = directory.resolve("request");
    Files.deleteIfExists(request);
    List<String> command = new ArrayList<>(List.of("ethtool", "-N", "lo", "flow-type"));
    command.addAll(List.of(arguments.split(" ", -1)));
    command.addAll(List.of("action", "3", "loc", "7"));
    String words = run(command, request);
    assertThat(request).as(words).exists();
    RxFlowSpec spec = FlowSpecs.of(FrameFilter.readMatch(match));
    String ours = HexFormat.of().formatHex(EthtoolFlowTable.insertRequest(spec, 3, 7));
    String theirs = Files.readString(request);
    assertThat(ours).hasSameSizeAs(theirs);
    assertThat(command(ours)).isEqualTo(command(theirs));
    assertThat(rule(ours)).isEqualTo(rule(theirs));
    assertThat(RxFlowSpec.parse(spec.toString())).isEqualTo(spec);
  }
}
