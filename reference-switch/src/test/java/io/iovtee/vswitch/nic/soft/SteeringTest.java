// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The RSS hash against its published vectors, and the exact-match table in front of it. */
class SteeringTest {
  private static final long SEED = 815;

  private static byte[] ipFrame(
      String source, String destination, int protocol, int sourcePort, int destinationPort)
      throws UnknownHostException {
    byte[] from = InetAddress.getByName(source).getAddress();
    byte[] to = InetAddress.getByName(destination).getAddress();
    ByteBuffer frame = ByteBuffer.allocate(90);
    frame.putShort((short) 0x0200).putInt(0x11).putShort((short) 0x0200).putInt(1);
    if (from.length == 4) {
      frame.putShort((short) 0x0800).put((byte) 0x45).put((byte) 0).putShort((short) 76);
      frame.putInt(0).put((byte) 64).put((byte) protocol).putShort((short) 0);
    } else {
      frame.putShort((short) 0x86dd).putInt(0x60000000).putShort((short) 36);
      frame.put((byte) protocol).put((byte) 64);
    }
    frame.put(from).put(to).putShort((short) sourcePort).putShort((short) destinationPort);
    return frame.array();
  }

  private static FrameKey parse(byte[] frame) {
    FrameKey key = new FrameKey();
    key.parse(frame, 0, frame.length);
    return key;
  }

  /** Microsoft, "Verifying the RSS Hash Calculation". */
  @ParameterizedTest
  @CsvSource({
    "66.9.149.187, 2794, 161.142.100.80, 1766, 323e8fc2, 51ccc178",
    "199.92.111.2, 14230, 65.69.140.83, 4739, d718262a, c626b0ea",
    "24.19.198.95, 12898, 12.22.207.184, 38024, d2d0a5de, 5c2b394a",
    "38.27.205.30, 48228, 209.142.163.6, 2217, 82989176, afc7327f",
    "153.39.163.191, 44251, 202.188.127.2, 1303, 5d1809c5, 10e828a2",
    "3ffe:2501:200:1fff::7, 2794, 3ffe:2501:200:3::1, 1766, 2cc18cd5, 40207d3d",
    "3ffe:501:8::260:97ff:fe40:efab, 14230, ff02::1, 4739, 0f0c461c, dde51bbf",
    "3ffe:1900:4545:3:200:f8ff:fe21:67cf, 44251, fe80::200:f8ff:fe21:67cf, 38024, 4b61e985,"
        + " 02d1feef",
  })
  void toeplitzGivesThePublishedHashes(
      String source,
      int sourcePort,
      String destination,
      int destinationPort,
      String addresses,
      String addressesAndPorts)
      throws UnknownHostException {
    byte[] tcp = ipFrame(source, destination, 6, sourcePort, destinationPort);
    assertThat(Integer.toHexString(Steering.rssHash(parse(tcp), tcp)))
        .isEqualTo(Integer.toHexString(Integer.parseUnsignedInt(addressesAndPorts.strip(), 16)));
    byte[] icmp = ipFrame(source, destination, 1, sourcePort, destinationPort);
    assertThat(Integer.toHexString(Steering.rssHash(parse(icmp), icmp)))
        .isEqualTo(Integer.toHexString(Integer.parseUnsignedInt(addresses.strip(), 16)));
  }

  @Test
  void fragmentsAreHashedWithoutPorts() throws UnknownHostException {
    byte[] whole = ipFrame("10.0.0.1", "10.0.0.2", 17, 1000, 53);
    byte[] first = whole.clone();
    first[20] = 0x20;
    byte[] icmp = ipFrame("10.0.0.1", "10.0.0.2", 1, 1000, 53);
    assertThat(Steering.rssHash(parse(first), first))
        .isEqualTo(Steering.rssHash(parse(icmp), icmp))
        .isNotEqualTo(Steering.rssHash(parse(whole), whole));
  }

  @Test
  void vlanTagsAreLookedBehind() throws UnknownHostException {
    byte[] plain = ipFrame("10.0.0.1", "10.0.0.2", 17, 1000, 53);
    byte[] tagged = new byte[plain.length + 4];
    System.arraycopy(plain, 0, tagged, 0, 12);
    tagged[12] = (byte) 0x81;
    tagged[15] = 77;
    System.arraycopy(plain, 12, tagged, 16, plain.length - 12);
    assertThat(Steering.rssHash(parse(tagged), tagged))
        .isEqualTo(Steering.rssHash(parse(plain), plain));
    assertThat(SteeringMatch.parse("dl_vlan=77,udp,tp_dst=53").matches(parse(tagged))).isTrue();
    assertThat(SteeringMatch.parse("dl_vlan=77,udp,tp_dst=53").matches(parse(plain))).isFalse();
  }

  @Test
  void rssSpreadsOverAllQueues() throws UnknownHostException {
    Steering rss = Steering.rss(5);
    int[] frames = new int[5];
    for (int port = 0; port < 5000; port++) {
      byte[] frame = ipFrame("10.0.0.1", "10.0.0.2", 17, port, 9);
      frames[rss.queueOf(parse(frame), frame)]++;
    }
    for (int count : frames) {
      assertThat(count).isBetween(700, 1300);
    }
  }

  private static Steering with(Steering steering, String match, int queue) {
    return steering.with(SteeringMatch.parse(match), queue);
  }

  @Test
  void entriesComeBeforeRssAndTheMostSpecificFirst() throws UnknownHostException {
    byte[] frame = ipFrame("10.0.0.1", "10.0.0.2", 17, 1000, 53);
    byte[] other = ipFrame("10.0.0.1", "10.0.0.3", 17, 1000, 53);
    Steering steering = Steering.rss(8);
    int byHash = steering.queueOf(parse(other), other);
    steering = with(steering, "dl_dst=02:00:00:00:00:12", (byHash + 1) % 8);
    assertThat(steering.queueOf(parse(other), other)).as("no entry matches").isEqualTo(byHash);
    steering = with(steering, "nw_dst=10.0.0.2", 5);
    assertThat(steering.queueOf(parse(frame), frame)).isEqualTo(5);
    steering = with(steering, "dl_dst=02:00:00:00:00:11", 6);
    assertThat(steering.queueOf(parse(frame), frame)).as("first of equals").isEqualTo(5);
    steering = with(steering, "udp,nw_dst=10.0.0.2,tp_dst=53", 7);
    assertThat(steering.queueOf(parse(frame), frame)).as("more fields").isEqualTo(7);
    assertThat(steering.queueOf(parse(other), other)).as("dl_dst alone").isEqualTo(6);
    steering = with(steering, "tp_dst=53,nw_proto=17,dl_type=0x800,nw_dst=10.0.0.2", 1);
    assertThat(steering.queueOf(parse(frame), frame)).as("the same entry, moved").isEqualTo(1);
    assertThat(steering.entries()).hasSize(4);
  }

  @Test
  void theTableIsLimitedAndReadsBack() {
    Steering steering = Steering.rss(5);
    for (int i = 0; i < Steering.ENTRIES_MAX; i++) {
      steering = with(steering, "tp_dst=" + i, i % 4);
    }
    Steering full = steering;
    assertThatThrownBy(() -> with(full, "tp_dst=60000", 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("all 1024 entries are in use");
    assertThat(with(full, "tp_dst=1023", 0).entries()).as("a change").hasSize(1024);
    FrameKey key = new FrameKey();
    for (int i = 0; i < Steering.ENTRIES_MAX; i++) {
      key.present = 1 << FrameKey.Field.TP_DST.ordinal();
      key.value[FrameKey.Field.TP_DST.ordinal()] = i;
      assertThat(full.steeredQueueOf(key)).isEqualTo(i % 4);
    }
    SteeringMatch ninth = SteeringMatch.parse("tp_dst=9");
    assertThat(full.without(ninth, 0)).as("of another queue").isSameAs(full);
    assertThat(full.without(ninth, 9 % 4).entries()).hasSize(Steering.ENTRIES_MAX - 1);
  }

  /** Otherwise an entry would be no proof that nothing else reaches the queue. */
  @Test
  void aSteeredQueueGetsNothingByRss() throws UnknownHostException {
    Steering rss = Steering.rss(4);
    Steering steering = with(with(rss, "dl_dst=02:00:00:00:00:99", 2), "tp_dst=53", 1);
    assertThat(steering.sharedQueues()).containsExactly(0, 3);
    int moved = 0;
    for (int port = 100; port < 1100; port++) {
      byte[] frame = ipFrame("10.0.0.1", "10.0.0.2", 17, port, 9);
      int before = rss.queueOf(parse(frame), frame);
      int after = steering.queueOf(parse(frame), frame);
      assertThat(after).isIn(0, 3);
      if (before == 0 || before == 3) {
        assertThat(after).as("others stay where they were").isEqualTo(before);
      } else {
        moved++;
      }
    }
    assertThat(moved).isGreaterThan(300);
    Steering back = steering.without(SteeringMatch.parse("tp_dst=53"), 1);
    assertThat(back.sharedQueues()).containsExactly(0, 1, 3);
  }

  @Test
  void theLastSharedQueueCanNotBeSteered() {
    assertThatThrownBy(() -> with(Steering.rss(1), "tp_dst=1", 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("each of the 1 queues would be steered, none left for other frames");
    Steering one = with(Steering.rss(2), "tp_dst=1", 0);
    assertThatThrownBy(() -> with(one, "tp_dst=2", 1)).isInstanceOf(IllegalStateException.class);
    assertThat(with(one, "tp_dst=1", 1).sharedQueues()).as("moved").containsExactly(0);
  }

  @Test
  void aFilterDropsWhatItDoesNotMatch() throws UnknownHostException {
    byte[] mine = ipFrame("10.0.0.1", "10.0.0.2", 17, 1000, 53);
    byte[] foreign = ipFrame("10.0.0.1", "10.0.0.3", 17, 1000, 53);
    SteeringMatch filter = SteeringMatch.parse("nw_dst=10.0.0.2");
    Steering steering = Steering.rss(1).withFilter(filter, 0);
    assertThat(steering.queueOf(parse(mine), mine)).isZero();
    assertThat(steering.queueOf(parse(foreign), foreign)).isEqualTo(~0);
    Steering both = steering.withFilter(SteeringMatch.parse("nw_dst=10.0.0.3"), 0);
    assertThat(both.queueOf(parse(foreign), foreign)).isZero();
    assertThat(both.filtersOf(0)).hasSize(2);
    Steering open = steering.withoutFilter(filter, 0);
    assertThat(open.queueOf(parse(foreign), foreign)).isZero();
    assertThat(open.withoutFilter(filter, 0)).isSameAs(open);
    Steering steered = with(Steering.rss(2), "udp", 1).withFilter(filter, 1);
    assertThat(steered.queueOf(parse(foreign), foreign)).as("steered, yet dropped").isEqualTo(~1);
    Steering full = Steering.rss(1);
    for (int i = 0; i < Steering.FILTERS_MAX; i++) {
      full = full.withFilter(SteeringMatch.parse("tp_dst=" + i), 0);
    }
    Steering last = full;
    assertThatThrownBy(() -> last.withFilter(SteeringMatch.parse("tp_dst=60000"), 0))
        .hasMessage("all 64 filters of queue 0 are in use");
  }

  @Test
  void readsBackCanonicalText() {
    assertThat(
            SteeringMatch.parse(
                    "udp nw_dst=10.0.0.2, DL_DST=2:0:0:0:0:11 ,tp_dst=0x35,dl_vlan=3,tp_src=1")
                .toString())
        .isEqualTo(
            "dl_dst=02:00:00:00:00:11,dl_type=0x0800,dl_vlan=3,nw_dst=10.0.0.2,nw_proto=17,"
                + "tp_src=1,tp_dst=53");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dl_dst=02:00:00:00:00:00/ff:00:00:00:00:00 | a mask is no exact match",
        "nw_dst=10.0.0.0/8 | a mask is no exact match",
        "in_port=1 | can not match the field \"in_port\"",
        "icmp | can not match the field \"icmp\"",
        "dl_dst=02:00:00:00:00 | is not a MAC address",
        "dl_dst=02:00:00:00:00:123 | is not a MAC address",
        "nw_dst=10.0.0.256 | is not an IPv4 address",
        "tp_dst=65536 | is not a number in 0..65535",
        "tp_dst= | is not a number",
        "tcp,udp | two values for nw_proto",
        "',' | names no field",
      })
  void refusesWhatANicCanNotDo(String text, String reason) {
    assertThatThrownBy(() -> SteeringMatch.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void theParserTakesAnything() throws UnknownHostException {
    Random random = new Random(SEED);
    Steering steering = with(with(Steering.rss(4), "udp,tp_dst=53", 1), "dl_vlan=1", 2);
    byte[][] seeds = {
      ipFrame("10.0.0.1", "10.0.0.2", 17, 1, 2), ipFrame("fe80::1", "ff02::1", 6, 1, 2)
    };
    FrameKey key = new FrameKey();
    for (int round = 0; round < 50_000; round++) {
      byte[] frame = seeds[random.nextInt(2)].clone();
      for (int i = random.nextInt(6); i > 0; i--) {
        frame[random.nextInt(60)] = (byte) (random.nextBoolean() ? random.nextInt() : 0x81);
      }
      // The frame ends exactly where the array does, so a read behind it fails.
      byte[] cut = java.util.Arrays.copyOf(frame, random.nextInt(frame.length + 1));
      key.parse(cut, 0, cut.length);
      assertThat(steering.queueOf(key, cut)).as("seed %d round %d", SEED, round).isBetween(0, 3);
    }
  }

  @Test
  void entriesSurviveInOrder() {
    Map<SteeringMatch, Integer> entries =
        with(with(Steering.rss(4), "tp_dst=2", 1), "tp_dst=1", 2).entries();
    assertThat(entries.keySet())
        .map(SteeringMatch::toString)
        .containsExactly("tp_dst=2", "tp_dst=1");
  }
}
