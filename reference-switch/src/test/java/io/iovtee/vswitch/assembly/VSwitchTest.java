// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.FlowTable;
import io.iovtee.api.FrameVerdict;
import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchListener;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.config.SwitchConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class VSwitchTest {
  private static final String NIC =
      "{type: soft, dma: inline, traffic: {type: generator, frame-bytes: 60, flows: 1,"
          + " rate-pps: 20000}, tx: {type: discard}}";

  @TempDir private Path directory;

  private static SwitchConfig config(String text) {
    return SwitchConfig.parse("switch: {pool-chunks: 8192, huge-pages: false}\n" + text, "test");
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; !condition.getAsBoolean(); i++) {
      assertThat(i).as(what).isLessThan(6000);
      Thread.sleep(10);
    }
  }

  private static long framesOut(VSwitch vswitch, String port) {
    return vswitch.stats().outputs().stream()
        .filter(output -> output.port().equals(port))
        .mapToLong(output -> output.frames())
        .sum();
  }

  private static List<FlowRule> rules(String... text) {
    return FlowRuleParser.parseRules(String.join("\n", text));
  }

  private static FlowTable.Changed change(VSwitch vswitch, FlowMod... mods) {
    return vswitch.flows().change(List.of(mods), -1).toCompletableFuture().join();
  }

  /** Other actions under traffic: the rule stays the same one, and what it counted stays. */
  @Test
  void modifiedRulesKeepTheirCounters() throws InterruptedException {
    FlowRule toB = FlowRuleParser.parseRule("in_port=a,actions=output:b");
    FlowRule toC = FlowRuleParser.parseRule("in_port=a,actions=output:c");
    try (VSwitch vswitch =
        VSwitch.start(
            config(
                // The source of frames comes last: none finds a port that is not there yet.
                "ports: {b: {type: soft, dma: inline}, c: {type: soft, dma: inline}, a: "
                    + NIC
                    + "}\n"
                    + "flows: ['in_port=a,actions=output:b']"))) {
      await("frames", () -> vswitch.flows().entries().getFirst().packets() > 100);
      long id = vswitch.flows().entries().getFirst().id();
      long last = 0;
      for (int i = 0; i < 200; i++) {
        FlowMod bundle = new FlowMod.Modify(i % 2 == 0 ? toC : toB, true);
        FlowMod other =
            new FlowMod.Add(FlowRuleParser.parseRule("priority=" + i + ",actions=drop"));
        FlowTable.FlowEntry entry = change(vswitch, bundle, other).entries().getFirst();
        assertThat(entry.id()).isEqualTo(id);
        assertThat(entry.packets()).isGreaterThanOrEqualTo(last);
        last = entry.packets();
      }
      change(vswitch, new FlowMod.Modify(toC, true));
      long reached = framesOut(vswitch, "c");
      await("frames at c", () -> framesOut(vswitch, "c") > reached);
      FlowMod delete = new FlowMod.DeleteId(id);
      long decided = change(vswitch, delete).entries().getFirst().packets();
      assertThat(decided).isGreaterThanOrEqualTo(last + 1);
      await(
          "each frame that the rule decided at b or at c",
          () -> framesOut(vswitch, "b") + framesOut(vswitch, "c") == decided);
      change(vswitch, new FlowMod.Add(toB));
      assertThat(vswitch.flows().entry(id)).isEmpty();
    }
  }

  /** Ports whose rings are full of buffers that nothing ever fills must leave some to the last. */
  @Test
  void idlePortsDoNotStarveABusyOne() throws InterruptedException {
    StringBuilder text = new StringBuilder("switch: {huge-pages: false}\nports:\n");
    for (int i = 0; i < 20; i++) {
      text.append("  idle%d: {type: soft, dma: inline}\n".formatted(i));
    }
    text.append("  busy: ").append(NIC).append("\nflows: ['in_port=busy,actions=output:idle0']\n");
    try (VSwitch vswitch = VSwitch.start(SwitchConfig.parse(text.toString(), "test"))) {
      await("frames", () -> framesOut(vswitch, "idle0") > 2000); // more than a ring holds
    }
  }

  @Test
  void aBundleWithAWrongPortChangesNothing() {
    try (VSwitch vswitch =
        VSwitch.start(config("ports: {a: " + NIC + "}\nflows: ['priority=7,actions=drop']"))) {
      long version = vswitch.flows().version();
      FlowMod delete = new FlowMod.Delete(Match.ANY, OptionalInt.empty(), true);
      FlowMod wrong = new FlowMod.Add(FlowRuleParser.parseRule("actions=output:nf9"));
      assertThatThrownBy(() -> change(vswitch, delete, wrong))
          .isInstanceOf(CompletionException.class)
          .hasMessageContaining("nf9");
      assertThat(vswitch.flows().rules()).hasSize(1);
      assertThat(vswitch.flows().version()).isEqualTo(version);
      assertThat(change(vswitch, new FlowMod.DeleteId(99)).version()).isEqualTo(version);
      assertThat(change(vswitch, delete).total()).isZero();
      assertThat(vswitch.flows().version()).isEqualTo(version + 1);
    }
  }

  @Test
  void rulesGoWhenTheirTimeIsOverAndWithTheReason() throws InterruptedException {
    List<FlowTable.Expired> gone = new CopyOnWriteArrayList<>();
    try (VSwitch vswitch =
        VSwitch.start(config("ports: {a: " + NIC + ", b: {type: soft, dma: inline}}\nflows: []"))) {
      vswitch.addListener(
          new SwitchListener() {
            @Override
            public void flowsExpired(List<FlowTable.Expired> expired) {
              gone.addAll(expired);
            }
          });
      change(
          vswitch,
          new FlowMod.Add(FlowRuleParser.parseRule("idle_timeout=5,in_port=a,actions=output:b")),
          new FlowMod.Add(FlowRuleParser.parseRule("idle_timeout=1,priority=9,arp,actions=drop")),
          new FlowMod.Add(FlowRuleParser.parseRule("hard_timeout=1,priority=1,actions=drop")),
          new FlowMod.Add(FlowRuleParser.parseRule("priority=2,rarp,actions=drop")));
      await("two rules to go", () -> gone.size() == 2);
      assertThat(vswitch.flows().rules())
          .extracting(FlowRuleFormatter::format)
          .containsExactly(
              "idle_timeout=5,in_port=a,actions=output:b", "priority=2,rarp,actions=drop");
      assertThat(gone)
          .extracting(one -> one.entry().rule().priority() + " " + one.reason())
          .containsExactlyInAnyOrder("9 IDLE_TIMEOUT", "1 HARD_TIMEOUT");
      // The one with traffic outlives its timeout, and goes when it has none any more.
      await("age", () -> vswitch.flows().entries().getFirst().ageMs() > 7_000);
      change(
          vswitch,
          new FlowMod.Add(FlowRuleParser.parseRule("priority=50000,in_port=a,actions=drop")));
      await("the third to go", () -> gone.size() == 3);
      assertThat(gone.getLast().entry().packets()).isPositive();
      assertThat(gone.getLast().entry().idleMs()).isGreaterThanOrEqualTo(5_000);
    }
  }

  /** Loops note uses by index: one that the index saw before the rule came was another rule's. */
  @Test
  void aRuleThatTakesAUsedIndexWasNotUsed() throws InterruptedException {
    try (VSwitch vswitch =
        VSwitch.start(config("ports: {a: " + NIC + ", b: {type: soft, dma: inline}}\nflows: []"))) {
      long unused = added(vswitch, "priority=9,arp,actions=drop").id();
      long used = added(vswitch, "in_port=a,actions=output:b").id();
      await("its frames", () -> entry(vswitch, used).ageMs() - entry(vswitch, used).idleMs() > 50);
      change(vswitch, new FlowMod.DeleteId(used));
      FlowRule other = FlowRuleParser.parseRule("priority=9,arp,actions=output:b");
      change(vswitch, new FlowMod.Modify(other, true));
      FlowTable.FlowEntry entry = entry(vswitch, unused);
      assertThat(entry.rule()).isEqualTo(other);
      assertThat(entry.idleMs()).isEqualTo(entry.ageMs());
    }
  }

  /** The rule goes on under another index, where no frame comes any more. */
  @Test
  void aModifiedRuleRemembersItsLastUse() throws InterruptedException {
    try (VSwitch vswitch =
        VSwitch.start(config("ports: {a: " + NIC + ", b: {type: soft, dma: inline}}\nflows: []"))) {
      long id = added(vswitch, "in_port=a,actions=output:b").id();
      await("its frames", () -> entry(vswitch, id).ageMs() - entry(vswitch, id).idleMs() > 50);
      change(
          vswitch,
          new FlowMod.Modify(FlowRuleParser.parseRule("in_port=a,actions=drop"), true),
          new FlowMod.Add(FlowRuleParser.parseRule("priority=50000,in_port=a,actions=drop")));
      FlowTable.FlowEntry entry = entry(vswitch, id);
      assertThat(FlowRuleFormatter.format(entry.rule())).isEqualTo("in_port=a,actions=drop");
      assertThat(entry.ageMs() - entry.idleMs()).isGreaterThanOrEqualTo(50);
    }
  }

  private static FlowTable.FlowEntry added(VSwitch vswitch, String rule) {
    FlowMod add = new FlowMod.Add(FlowRuleParser.parseRule(rule));
    return change(vswitch, add).entries().getFirst();
  }

  private static FlowTable.FlowEntry entry(VSwitch vswitch, long id) {
    return vswitch.flows().entry(id).orElseThrow();
  }

  @Test
  void rulesAreReplacedAndTheirCountersCarriedOver() throws InterruptedException {
    String rule = "in_port=a,actions=output:b";
    try (VSwitch vswitch =
        VSwitch.start(
            config(
                "ports: {a: "
                    + NIC
                    + ", b: {type: soft, dma: inline}}\nflows: ['"
                    + rule
                    + "']"))) {
      await("frames", () -> vswitch.flows().entries().getFirst().packets() > 100);
      long version = vswitch.flows().version();
      long id = vswitch.flows().entries().getFirst().id();
      long before = vswitch.flows().entries().getFirst().packets();
      long changed =
          vswitch
              .flows()
              .replace(rules("priority=7,actions=drop", "in_port=a,actions=drop"), version)
              .toCompletableFuture()
              .join()
              .version();
      assertThat(changed).isEqualTo(version + 1).isEqualTo(vswitch.flows().version());
      assertThat(vswitch.flows().entries())
          .filteredOn(entry -> entry.id() == id)
          .singleElement()
          .satisfies(entry -> assertThat(entry.packets()).isGreaterThanOrEqualTo(before));

      assertThatThrownBy(
              () -> vswitch.flows().replace(rules(rule), version).toCompletableFuture().join())
          .isInstanceOf(CompletionException.class)
          .hasRootCauseInstanceOf(IllegalStateException.class)
          .hasMessageContaining("expected=" + version);
      assertThatThrownBy(() ->
              vswitch.flows().replace(rules("actions=output:nf9"), -1).toCompletableFuture().join())
          .isInstanceOf(CompletionException.class)
          .hasMessageContaining("nf9");
      assertThat(vswitch.flows().version()).as("refused").isEqualTo(changed);
    }
  }

  @Test
  void aTraceTellsWhatTheRunningSwitchDoesAndChangesNothing() throws InterruptedException {
    try (VSwitch vswitch =
        VSwitch.start(
            config(
                "ports: {a: "
                    + NIC
                    + ", b: {type: soft, dma: inline}}\n"
                    + "flows: ['in_port=a,vlan_tci=0x0000/0x1fff,actions=output:b',"
                    + " 'in_port=b,actions=output:a']"))) {
      await("frames", () -> vswitch.flows().entries().getFirst().packets() > 100);
      byte[] frame = new byte[60];

      FrameVerdict known = vswitch.flows().trace("a", frame).toCompletableFuture().join();

      assertThat(known.rule().orElseThrow().id())
          .isEqualTo(vswitch.flows().entries().getFirst().id());
      assertThat(known.departures())
          .singleElement()
          .satisfies(sent -> {
            assertThat(sent.port()).isEqualTo("b");
            assertThat(sent.frame()).isEqualTo(frame);
          });
      assertThat(known.cachedBy()).containsExactly("loop0");
      assertThat(known.unparsed()).isFalse();
      FrameVerdict fresh = vswitch.flows().trace("b", frame).toCompletableFuture().join();
      assertThat(fresh.cachedBy()).isEmpty();
      assertThat(fresh.unparsed()).isTrue();
      assertThat(fresh.departures()).extracting(FrameVerdict.Departure::port).containsExactly("a");
      assertThat(vswitch.flows().entries().get(1).packets()).isZero();
      assertThatThrownBy(() -> vswitch.flows().trace("c", frame).toCompletableFuture().join())
          .hasMessageContaining("port=c");
    }
  }

  @Test
  void cableIsPluggedWhenBothPortsExistWhateverTheirOrder() throws InterruptedException {
    String sender = NIC.replace("{type: discard}", "{type: peer, peer: c}");
    try (VSwitch vswitch =
        VSwitch.start(
            config(
                """
                ports:
                  a: %s
                  b: %s
                  c: {type: soft, dma: inline}
                  d: {type: soft, dma: inline}
                flows: ['in_port=a,actions=output:b', 'in_port=c,actions=output:d']
                """
                    .formatted(NIC, sender)))) {
      await("frames over the cable from b to c", () -> framesOut(vswitch, "d") > 100);
    }
  }

  @Test
  void cableThatCanNotBePluggedRefusesThePort() {
    String sender = "{type: soft, dma: inline, tx: {type: peer, peer: c}}";
    String deaf = "{type: soft, dma: inline, traffic: {type: 'null'}}";
    try (VSwitch vswitch = VSwitch.start(config("ports: {b: " + sender + "}"))) {
      SwitchConfig next = config("ports: {c: " + deaf + "}");
      assertThatThrownBy(() -> vswitch.addPort("c", next.ports().get("c")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("port b: no cable can end at port c");
      assertThat(vswitch.ports()).extracting(PortInfo::name).containsExactly("b");
    }
  }

  @Test
  void portsComeAndGoUnderTraffic() throws InterruptedException {
    try (VSwitch vswitch =
        VSwitch.start(
            config(
                "ports: {a: "
                    + NIC
                    + ", b: {type: soft, dma: inline}}\n"
                    + "flows: ['in_port=a,actions=output:b']"))) {
      for (int round = 0; round < 10; round++) {
        await("frames", () -> framesOut(vswitch, "b") > 50);
        assertThat(vswitch.removePort("b")).isTrue();
        assertThat(vswitch.removePort("b")).isFalse();
        vswitch.addPort("b", config("ports: {b: {type: soft, dma: inline}}").ports().get("b"));
      }
      assertThatThrownBy(
              () -> vswitch.addPort("b", config("ports: {b: {type: soft}}").ports().get("b")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("port b exists already");
    }
  }

  @Test
  void reloadThatFailedHalfWayIsMendedByTheNext() throws Exception {
    Path socket = Files.createFile(directory.resolve("taken.sock"));
    String good = "ports: {a: {type: soft, dma: inline}}";
    SwitchConfig first = config(good);
    try (VSwitch vswitch = VSwitch.start(first)) {
      Reload reload = new Reload(vswitch, first);
      assertThatThrownBy(() ->
              reload.apply(config("ports: {n: {type: vhost-user, socket: '" + socket + "'}}")))
          .hasMessageContaining("in use");
      assertThat(vswitch.ports()).isEmpty();
      assertThat(reload.apply(config(good))).containsExactly("port a added");
      assertThat(reload.apply(config(good))).containsExactly("nothing changed");
    }
  }

  @Test
  void reloadWithAWrongPortChangesNothing() {
    String good =
        "ports: {a: {type: soft, dma: inline}, n: {type: vhost-user, socket: '"
            + directory.resolve("n.sock")
            + "'}}";
    SwitchConfig first = config(good);
    try (VSwitch vswitch = VSwitch.start(first)) {
      Reload reload = new Reload(vswitch, first);
      for (String wrong :
          List.of(
              "type: vhost-usr",
              "type: vhost-user",
              "type: vhost-user, socket: x, loop: 1",
              "type: vhost-user, socket: x, queues: 9",
              "type: vhost-user, socket: x, peer-uid: [1]",
              "type: xdp",
              "type: soft, ring-size: 100")) {
        assertThatThrownBy(() -> reload.apply(config("ports: {n: {" + wrong + "}}")))
            .as(wrong)
            .isInstanceOf(io.iovtee.vswitch.config.ConfigException.class)
            .hasMessageStartingWith("test:2: ports.n");
        assertThat(vswitch.ports()).extracting(PortInfo::name).containsExactly("a", "n");
      }
      assertThat(reload.apply(config(good))).containsExactly("nothing changed");
    }
  }
}
