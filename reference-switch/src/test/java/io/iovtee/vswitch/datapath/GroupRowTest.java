// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.classifier.FlowKey;
import io.iovtee.flow.classifier.HeaderParser;
import io.iovtee.flow.classifier.TraceInput;
import io.iovtee.flow.text.GroupSyntax;
import java.util.Map;
import java.util.Random;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which bucket of a select group a flow gets. */
final class GroupRowTest {
  private static final long SEED = 20_261_123;
  private static final int FLOWS = 40_000;

  private final Random random = new Random(SEED);

  private static int number(String port) {
    return port.equals("uplink") ? 9 : Integer.parseInt(port.substring(2));
  }

  private static GroupRow row(String group) {
    FlowGroup parsed = GroupSyntax.parseGroup(group);
    return new GroupRow(
        parsed,
        0,
        WatchedPorts.of(parsed, Map.of(), GroupRowTest::number),
        new ActionNumbers(GroupRowTest::number, id -> 0, id -> 0));
  }

  /** A rewriter whose ports are live or not. */
  private static Rewriter live(IntPredicate isLive) {
    PortLiveness liveness = new PortLiveness();
    FlowProgram program = TestGroups.program("", GroupRowTest::number, liveness);
    Pipeline pipeline = new Pipeline(program, new MacTable());
    for (int port = 1; port <= 9; port++) {
      liveness.set(port, isLive.test(port));
      pipeline.setOutput(port, new NoOutput());
    }
    return new Rewriter(pipeline, () -> 0);
  }

  private static final class NoOutput implements TxQueue {
    @Override
    public void transmit(FrameBatch batch, int[] index, int count, boolean mayTake) {}

    @Override
    public int flush() {
      return 0;
    }
  }

  private static long[] key(String match) {
    byte[] frame = TraceInput.parse("in_port=uplink," + match, "").frame();
    long[] key = new long[FlowKey.WORDS];
    HeaderParser.parse(frame, 0, frame.length, frame.length, 9, key, 0);
    return key;
  }

  private long[] anyFlow() {
    return key(
        "udp,nw_src=10.0.%d.%d,nw_dst=10.1.0.1,tp_src=%d,tp_dst=53"
            .formatted(random.nextInt(256), random.nextInt(256), 1 + random.nextInt(65535)));
  }

  @ParameterizedTest
  @CsvSource({"1,1", "3,1", "1,7", "5,0", "100,300"})
  void sharesAreAsTheWeights(int first, int second) {
    GroupRow row =
        row(
            "group_id=1,type=select,bucket=weight:%d,nf1,bucket=weight:%d,nf2"
                .formatted(first, second));
    Rewriter all = live(port -> true);
    int count = 0;
    for (int i = 0; i < FLOWS; i++) {
      count += row.choose(anyFlow(), all) == 0 ? 1 : 0;
    }
    double share = (double) first / (first + second);
    // 4096 parts are drawn, too: five standard deviations of both.
    double deviation = 5 * Math.sqrt(share * (1 - share) * (1.0 / FLOWS + 1.0 / 4096));
    assertThat((double) count / FLOWS)
        .as("seed %d", SEED)
        .isBetween(share - deviation, share + deviation);
  }

  @Test
  void aFlowStaysWithItsBucketWhenAnotherOneDies() {
    GroupRow row =
        row(
            "group_id=1,type=select,bucket=watch_port:nf1,nf1,bucket=watch_port:nf2,nf2,"
                + "bucket=watch_port:nf3,nf3");
    Rewriter all = live(port -> true);
    Rewriter without = live(port -> port != 2);
    int[] moved = new int[3];
    for (int i = 0; i < FLOWS; i++) {
      long[] flow = anyFlow();
      int bucket = row.choose(flow, all);
      int then = row.choose(flow, without);
      if (bucket == 1) {
        moved[then]++;
      } else {
        assertThat(then).as("seed %d", SEED).isEqualTo(bucket);
      }
    }
    assertThat(moved[1]).isZero();
    assertThat((double) moved[0] / (moved[0] + moved[2])).as("spread").isBetween(0.4, 0.6);
  }

  @Test
  void aBucketThatIsAddedTakesFlowsAndMovesNoOthers() {
    GroupRow two = row("group_id=1,type=select,bucket=nf1,bucket=nf2");
    GroupRow three = row("group_id=1,type=select,bucket=nf1,bucket=nf2,bucket=nf3");
    Rewriter all = live(port -> true);
    int taken = 0;
    for (int i = 0; i < FLOWS; i++) {
      long[] flow = anyFlow();
      int now = three.choose(flow, all);
      taken += now == 2 ? 1 : 0;
      assertThat(now).isIn(two.choose(flow, all), 2);
    }
    assertThat((double) taken / FLOWS).isBetween(0.28, 0.38);
  }

  @Test
  void theLastLiveOneGetsAll() {
    StringBuilder group = new StringBuilder("group_id=1,type=select");
    for (int i = 0; i < 64; i++) {
      group.append(",bucket=watch_port:nf").append(i == 40 ? 2 : 1).append(",nf1");
    }
    GroupRow row = row(group.toString());
    for (int i = 0; i < 100; i++) {
      assertThat(row.choose(anyFlow(), live(port -> port == 2))).isEqualTo(40);
      assertThat(row.choose(anyFlow(), live(port -> false))).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "selection_method=dp_hash,selection_method_param=0x100000000,",
        "selection_method=hash,"
      })
  void bothDirectionsAreOneFlow(String method) {
    GroupHash hash = hash(method);
    assertThat(hash.hash(key("tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=7,tp_dst=80")))
        .isEqualTo(hash.hash(key("tcp,nw_src=10.0.0.2,nw_dst=10.0.0.1,tp_src=80,tp_dst=7")));
    assertThat(hash.hash(key("tcp6,ipv6_src=2001::1,ipv6_dst=2001::2,tp_src=7,tp_dst=80")))
        .isEqualTo(hash.hash(key("tcp6,ipv6_src=2001::2,ipv6_dst=2001::1,tp_src=80,tp_dst=7")));
    assertThat(hash.hash(key("dl_type=0x88b5,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02")))
        .isEqualTo(
            hash.hash(key("dl_type=0x88b5,dl_src=02:00:00:00:00:02,dl_dst=02:00:00:00:00:01")));
  }

  private static GroupHash hash(String method) {
    return new GroupHash(
        GroupSyntax.parseGroup("group_id=1,type=select,%sbucket=nf1".formatted(method))
            .selection());
  }

  @Test
  void dpHashKnowsDirectionsAndBases() {
    String there = "tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=7,tp_dst=80";
    String back = "tcp,nw_src=10.0.0.2,nw_dst=10.0.0.1,tp_src=80,tp_dst=7";
    GroupHash plain = hash("selection_method=dp_hash,");
    assertThat(plain.hash(key(there))).isNotEqualTo(plain.hash(key(back)));
    assertThat(plain.hash(key(there)))
        .isNotEqualTo(hash("selection_method=dp_hash,selection_method_param=5,").hash(key(there)));
  }

  /** Addresses of the frame change on the way, those of IP do not. */
  @Test
  void addressesOfTheFrameCountForHashOnly() {
    String first = "udp,dl_src=02:00:00:00:00:01,nw_src=10.0.0.1";
    String second = "udp,dl_src=02:00:00:00:00:03,nw_src=10.0.0.1";
    assertThat(hash("").hash(key(first))).isEqualTo(hash("").hash(key(second)));
    GroupHash all = hash("selection_method=hash,");
    assertThat(all.hash(key(first))).isNotEqualTo(all.hash(key(second)));
  }

  @Test
  void allFragmentsOfAPacketStayTogether() {
    String tuple = "udp,nw_src=10.0.0.1,nw_dst=10.0.0.2,";
    int later = hash("").hash(key(tuple + "nw_frag=later"));
    assertThat(hash("").hash(key(tuple + "nw_frag=first,tp_src=5,tp_dst=6"))).isEqualTo(later);
  }

  @Test
  void namedFieldsAreAllThatCounts() {
    GroupHash hash = hash("selection_method=hash,fields(ip_src=255.255.255.0,ipv6_dst),");
    assertThat(hash.hash(key("udp,nw_src=10.0.0.1,tp_src=5")))
        .isEqualTo(hash.hash(key("udp,nw_src=10.0.0.9,tp_src=6")))
        .isNotEqualTo(hash.hash(key("udp,nw_src=10.0.1.1,tp_src=5")));
    assertThat(hash.hash(key("udp6,ipv6_dst=2001::1")))
        .isNotEqualTo(hash.hash(key("udp6,ipv6_dst=2001::2")));
    assertThat(hash.hash(key("udp6,ipv6_dst=2001::1")))
        .isNotEqualTo(hash.hash(key("udp6,ipv6_dst=2002::1")));
  }
}
