// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Wrong usage ends with 2 and says what is allowed, before any process is started. */
final class MainTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          pvp --frame-sizes 59      | 59 is not in 60..1514
          pvp --frame-sizes 64,1515 | 1515 is not in 60..1514
          pvp --windows 2           | 2 is below --forks=3
          pvp --window-seconds 0.1  | 0.1 is not in 0.5..600
          pvp --queue-size 1000     | 1000 is not a power of two
          pvp --nf-cpu 1            | both 1
          pvp --nf vpp              | vpp is none of testpmd, light
          pvp --nf light --nf-args packed_vq=0 | --nf is light
          oneway --nf light         | light sends each frame back
          pvp --forks 0             | 0 is not in 1..100
          pvp --share-min 1.5       | 1.5 is not above 0
          pvp --round-trip-max 0    | 0.0 is not above 0
          pvp --nic e1000           | e1000 is none of soft, xdp
          oneway --subjects limit   | limit is that of oneway --nic xdp only
          pvp --nic xdp --subjects limit | limit is that of oneway --nic xdp only
          pvp --nic xdp --nic-copy  | --nic is xdp
          pvp --nic xdp --transmit x | x is none of ring, redirect
          pvp --rules 0             | 0 is not in 1..262144
          classifier --rules 0      | 0 is not in 1..1500000
          classifier --flows 0      | 0 is not in 1..16000000
          classifier --windows 0    | 0 is not in 1..1000
          classifier --window-ms 0  | 0 is not in 1..60000
          classifier --changes 0    | 0 is not in 1..1000000
          classifier --ring-size 1000 | 1000 is not a power of two in 64..32768
          rules --rules 99          | 99 is not in 100..2000000
          rules --rate-pps 0        | 0 is not in 1..10000000
          rules --ring-size 32      | 32 is not a power of two in 64..32768
          rules --settle-seconds -1 | -1 is not in 0..600
          pvp --nfs 9               | 9 is not in 1..8
          pvp --nfs 2 --subjects ovs | 2 with subject ovs
          scale --ports 65          | 65 is not in 1..64
          scale --queues 0          | 0 is not in 1..16
          scale --subjects ovs      | 4 with subject ovs
          pvp --nfs 2 --nic xdp     | 2 with --nic xdp
          oneway --subjects bess    | bess is none of testpmd, copy
          vm2vm --frame-sizes 59     | 59 is neither imix nor a length in 60..1514
          vm2vm --subjects ovs       | ovs is none of testpmd, copy
          vm2vm --subjects write-through | between guests are always copied
          latency --subjects copy,write-through | with --path nic
          ndr --path nic --subjects testpmd | has no NIC that is given its load
          ndr --nic-copy             | --path is vm2vm
          ndr --path tap             | expected one of [vm2vm, nic]
          vm2vm --windows 0          | 0 is below 1
          vm2vm --trial-seconds 0    | 0.0 is not in 0.05..600
          vm2vm --generator-cpu 1    | both 1
          latency --round-trip-max 0 | 0.0 is not above 0
          ndr --rejections-max 0     | 0 is below 1
          startup --queue-size 32    | 32 is not a power of two in 64..32768
          vm2vm --queue-size 100     | 100 is not a power of two
          ndr --loss 0,0.5           | does not fall
          ndr --resolution 0         | 0.0 is not in 0.001..0.5
          ndr --tries 0              | 0 is not in 1..100
          latency --loads 0          | 0 is not in 1..100
          cores --cpus 0            | 1 of them, not 2..64
          cores --cpus 0,0          | one of them twice
          cores --cpus=-1,0         | numbered from 0
          cores --readings 0        | 0 is not in 1..1000
          idle --cells ovs           | ovs is none of soft-inline, soft-thread, vhost, xdp, all, testpmd
          idle --windows 0           | 0 is not in 1..1000
          idle --window-seconds 0.4  | 0.4 is not in 0.5..600
          idle --window-seconds NaN  | NaN is not in 0.5..600
          idle --settle-seconds -1   | -1.0 is not in 0..600
          idle --nf-cpu 1            | both 1
          micro --forks 0            | 0 is not in 1..100
          micro --iterations 0       | 0 is not in 1..1000
          micro --iteration-ms 0     | 0 is not in 1..60000
          micro --cpu 0              | both 0
          micro [                    | REGEX: Unclosed
          micro nothing-like-it      | AcrossCores.command
          """)
  void wrongUsage(String line, String message) {
    StringWriter errors = new StringWriter();
    CommandLine commandLine = Main.commandLine().setErr(new PrintWriter(errors));
    assertThat(commandLine.execute(line.strip().split(" "))).isEqualTo(2);
    assertThat(errors.toString()).contains(message);
  }

  @Test
  void hasTheVersionThatItsHelpPromises() {
    StringWriter out = new StringWriter();
    CommandLine commandLine = Main.commandLine().setOut(new PrintWriter(out));
    assertThat(commandLine.execute("oneway", "--version")).isZero();
    assertThat(out.toString()).startsWith("iovtee ");
  }
}
