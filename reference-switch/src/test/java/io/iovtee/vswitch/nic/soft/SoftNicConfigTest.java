// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.nic.soft.SoftNicConfig.Payload;
import io.iovtee.vswitch.nic.soft.SoftNicConfig.TrafficType;
import io.iovtee.vswitch.nic.soft.SoftNicConfig.TxType;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SoftNicConfigTest {
  @Test
  void everyKeyHasADefault() {
    SoftNicConfig config = SoftNicConfig.of(Map.of("type", "soft"));
    assertThat(config.queues()).isEqualTo(1);
    assertThat(config.ringSize()).isEqualTo(1024);
    assertThat(config.dma()).isEqualTo(DmaPlacement.AUTO);
    assertThat(config.mac()).isEqualTo("02:00:00:00:00:01");
    assertThat(config.frameLengthMax()).isEqualTo(1518);
    assertThat(config.traffic().type()).isEqualTo(TrafficType.NONE);
    assertThat(config.traffic().backpressure()).isFalse();
    assertThat(config.tx().type()).isEqualTo(TxType.DISCARD);
  }

  @Test
  void readsWhatIsWritten() {
    SoftNicConfig config =
        SoftNicConfig.of(
            Map.of(
                "queues",
                4,
                "ring-size",
                512,
                "dma",
                "thread",
                "mac",
                "2:0:0:0:0:AA",
                "mtu",
                1518,
                "traffic",
                Map.ofEntries(
                    Map.entry("type", "generator"),
                    Map.entry("frame-bytes", "60-1536"),
                    Map.entry("flows", 10),
                    Map.entry("rate-pps", 5),
                    Map.entry("count", 6L),
                    Map.entry("seed", 7),
                    Map.entry("tenant", "1-2"),
                    Map.entry("dl-vlan", 8),
                    Map.entry("nw-dst", "10.0.0.1-10.0.0.9"),
                    Map.entry("tp-dst", 53),
                    Map.entry("backpressure", true)),
                "tx",
                Map.of("type", "peer", "peer", "b")));
    assertThat(config.mac()).isEqualTo("02:00:00:00:00:aa");
    assertThat(config.frameLengthMax()).isEqualTo(1536);
    SoftNicConfig.Traffic traffic = config.traffic();
    assertThat(traffic.payload()).isEqualTo(Payload.PATTERN);
    assertThat(traffic.tenants()).isEqualTo(new FieldRange(1, 2));
    assertThat(traffic.ratePps()).isEqualTo(5);
    assertThat(traffic.count()).isEqualTo(6);
    assertThat(traffic.seed()).isEqualTo(7);
    assertThat(traffic.headers().dlVlan()).isEqualTo(8);
    assertThat(traffic.headers().nwDst()).isEqualTo(new FieldRange(0x0a000001, 0x0a000009));
    assertThat(traffic.headers().tpDst()).isEqualTo(new FieldRange(53, 53));
    assertThat(config.tx().peer()).isEqualTo("b");
  }

  /** YAML reads {@code type: null} without quotes as a key without a value. */
  @Test
  void anUnquotedNullIsTheWord() {
    Map<String, Object> traffic = new HashMap<>();
    traffic.put("type", null);
    assertThat(SoftNicConfig.of(Map.of("traffic", traffic)).traffic().type())
        .isEqualTo(TrafficType.NULL);
    Map<String, Object> port = new HashMap<>();
    port.put("dma", null);
    refused(port, "dma: null is not allowed; allowed: one of auto, thread, inline (default auto)");
  }

  private static void refused(Map<String, ?> section, String message) {
    assertThatThrownBy(() -> SoftNicConfig.of(section))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  private static void refusedTraffic(Map<String, ?> traffic, String message) {
    refused(Map.of("traffic", traffic), message);
  }

  @Test
  void errorsNameKeyValueAndWhatIsAllowed() {
    refused(Map.of("type", "xdp"), "type: xdp is not allowed; allowed: soft");
    refused(
        Map.of("quues", 1),
        "quues: unknown key; allowed: dma, mac, mtu, queues, ring-size, traffic, tx, type");
    refused(
        Map.of("queues", 0),
        "queues: 0 is not allowed; allowed: a whole number in 1..64 (default 1)");
    refused(
        Map.of("queues", "4"),
        "queues: 4 is not allowed; allowed: a whole number in 1..64 (default 1)");
    refused(
        Map.of("ring-size", 1000),
        "ring-size: 1000 is not allowed; allowed: a power of two in 64..32768 (default 1024)");
    refused(
        Map.of("mtu", 1519),
        "mtu: 1519 is not allowed; allowed: a whole number in 68..1518 (default 1500)");
    refused(
        Map.of("mac", "12:34"),
        "mac: \"12:34\" is not a MAC address like 02:00:00:00:00:11; allowed: a MAC address"
            + " (default 02:00:00:00:00:01)");
    refused(Map.of("traffic", 7), "traffic: 7 is not allowed; allowed: a mapping");
    refused(
        Map.of("tx", Map.of("type", "file")),
        "tx.type: file is not allowed; allowed: one of discard, pcap, peer (default discard)");
    refused(
        Map.of("tx", Map.of("type", "pcap")),
        "tx.file: missing; allowed: the path of the file to write");
    refused(
        Map.of("tx", Map.of("peer", "b")),
        "tx.peer: unknown key for tx type discard; allowed: copy, type");
  }

  @Test
  void trafficKeysBelongToTheirType() {
    refusedTraffic(
        Map.of("type", "null", "rate-pps", 7),
        "traffic.rate-pps: unknown key for traffic type null; allowed: copy, dl-dst, dl-src,"
            + " dl-vlan, flows, frame-bytes, nw-dst, nw-src, tp-dst, tp-src, type");
    refusedTraffic(
        Map.of("type", "null", "frame-bytes", "imix"),
        "traffic.frame-bytes: imix is not allowed; allowed: one length with traffic type null");
    refusedTraffic(
        Map.of("type", "null", "copy", "yes"),
        "traffic.copy: yes is not allowed; allowed: true or false (default false)");
    refusedTraffic(
        Map.of("type", "generator", "frame-bytes", 59),
        "traffic.frame-bytes: frames of 59 bytes are not in 60..1518 (without FCS); allowed: a"
            + " length in bytes, imix, or a range like 60-1514 (default 60)");
    refusedTraffic(
        Map.of("type", "generator", "nw-src", "10.0.0.9-10.0.0.1"),
        "traffic.nw-src: \"10.0.0.9-10.0.0.1\" ends before it starts; allowed: an IPv4 address or"
            + " first-last (default 10.0.0.1)");
    refusedTraffic(
        Map.of("type", "generator", "payload", "test-frame", "dl-vlan", 5),
        "traffic.dl-vlan: 5 is not allowed; allowed: no VLAN tag with test frames");
    refusedTraffic(
        Map.of("type", "generator", "payload", "test-frame", "flows", 4097),
        "traffic.flows: 4097 is not allowed; allowed: 4096 at most with test frames");
    refusedTraffic(
        Map.of("type", "generator", "payload", "test-frame", "frame-bytes", "60-1515"),
        "traffic.frame-bytes: 60-1515 is not allowed; allowed: 1514 at most with test frames");
    refusedTraffic(
        Map.of("type", "pcap"),
        "traffic.file: missing; allowed: the path of a pcap or pcapng file");
    refusedTraffic(
        Map.of("type", "pcap", "file", "x", "speed", "fixed"),
        "traffic.rate-pps: null is not allowed; allowed: 1 or more with speed fixed, and only"
            + " there");
  }
}
