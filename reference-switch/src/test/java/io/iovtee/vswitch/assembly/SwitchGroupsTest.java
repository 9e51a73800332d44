// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.FlowTable;
import io.iovtee.api.FrameVerdict;
import io.iovtee.api.GroupTable.GroupEntry;
import io.iovtee.api.GroupTable.MeterEntry;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.classifier.TraceInput;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.MeterSyntax;
import io.iovtee.flow.text.TableModParser;
import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.nf.NfEngine;
import io.iovtee.vswitch.nf.NfMode;
import io.iovtee.vswitch.nf.NfOptions;
import io.iovtee.vswitch.nf.NfTraffic;
import io.iovtee.vswitch.vhost.SocketRole;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Groups and meters of a running switch: changes, refusals, and ports that come and go. */
final class SwitchGroupsTest {
  private static final String GENERATOR =
      "{type: soft, dma: inline, traffic: {type: generator, rate-pps: 20000}}";

  @TempDir private Path directory;

  private static VSwitch start(String text) {
    return VSwitch.start(config(text));
  }

  private static SwitchConfig config(String text) {
    return SwitchConfig.parse("switch: {pool-chunks: 8192, huge-pages: false}\n" + text, "test");
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; !condition.getAsBoolean(); i++) {
      assertThat(i).as(what).isLessThan(6000);
      Thread.sleep(10);
    }
  }

  private static long change(VSwitch vswitch, GroupMod... mods) {
    return vswitch.groups().change(List.of(mods), -1).toCompletableFuture().join();
  }

  private static void add(VSwitch vswitch, String rule) {
    var unused =
        vswitch
            .flows()
            .change(List.of(new FlowMod.Add(FlowRuleParser.parseRule(rule))), -1)
            .toCompletableFuture()
            .join();
  }

  private static GroupMod group(String text) {
    return new GroupMod.AddGroup(GroupSyntax.parseGroup(text));
  }

  private static long packets(VSwitch vswitch, int bucket) {
    return vswitch.groups().groups().getFirst().buckets().get(bucket).packets();
  }

  private static FlowTable.Changed replace(VSwitch vswitch, String text) {
    TableContent content = TableContent.of(TableModParser.parseEntries(text));
    return vswitch.flows().replace(content, -1).toCompletableFuture().join();
  }

  private static List<Long> groupIds(VSwitch vswitch) {
    return vswitch.groups().groups().stream().map(entry -> entry.group().id()).toList();
  }

  @Test
  void aWholeTableIsReplacedAtOnce() throws InterruptedException {
    String kept = "group_id=2,type=all,bucket=output:b\n";
    try (VSwitch vswitch =
        start(
            "ports: {a: "
                + GENERATOR
                + ", b: {type: soft, dma: inline}}\ngroups: ['group_id=1,type=all,bucket=output:b',"
                + " 'group_id=2,type=all,bucket=output:b']\n"
                + "meters: ['meter=1,kbps,bands=type=drop,rate=1']\n"
                + "flows: ['actions=group:1,group:2']\n")) {
      await("frames", () -> packets(vswitch, 0) > 100);
      long before = vswitch.groups().groups().get(1).packets();

      replace(vswitch, kept + "group_id=3,type=all,bucket=group:2\nactions=group:3\n");
      assertThat(groupIds(vswitch)).containsExactly(2L, 3L);
      assertThat(vswitch.groups().meters()).isEmpty();
      assertThat(packets(vswitch, 0)).as("kept").isGreaterThanOrEqualTo(before);

      long version = vswitch.flows().version();
      assertThatThrownBy(() -> replace(vswitch, kept + "actions=group:3\n"))
          .hasMessageContaining("no such group or meter: group:3");
      assertThatThrownBy(() -> replace(vswitch, "group_id=9,type=all,bucket=output:c\n"))
          .hasMessageContaining("no such port: port=c");
      assertThat(groupIds(vswitch)).containsExactly(2L, 3L);
      assertThat(vswitch.flows().version()).isEqualTo(version);

      replace(vswitch, "actions=drop\n");
      assertThat(groupIds(vswitch)).as("rules alone leave them").containsExactly(2L, 3L);
    }
  }

  /** A real front-end comes, goes, and comes again. */
  @Test
  void failoverFollowsANetworkFunction() throws InterruptedException {
    Path socket = directory.resolve("n.sock");
    String text =
        """
        ports:
          n: {type: vhost-user, socket: '%s'}
          b: {type: soft, dma: inline}
          a: %s
        groups: ['group_id=1,type=ff,bucket=watch_port:n,n,bucket=watch_port:b,b']
        flows: ['in_port=a,actions=group:1']
        """
            .formatted(socket, GENERATOR);
    try (VSwitch vswitch = start(text)) {
      await("frames at the spare", () -> packets(vswitch, 1) > 100);
      assertThat(packets(vswitch, 0)).isZero();
      for (int round = 0; round < 2; round++) {
        long before = packets(vswitch, 0);
        Function function = new Function(socket);
        await("frames at the function", () -> packets(vswitch, 0) > before + 100);
        assertThat(vswitch.groups().groups().getFirst().buckets().getFirst().live()).isTrue();
        function.stop();
        await("the port is down", () -> vswitch.guestPort("n").isEmpty());
        long then = packets(vswitch, 0);
        long spare = packets(vswitch, 1);
        await("frames at the spare again", () -> packets(vswitch, 1) > spare + 100);
        assertThat(packets(vswitch, 0)).as("none for who is gone").isEqualTo(then);
        GroupEntry entry = vswitch.groups().groups().getFirst();
        assertThat(entry.buckets().getFirst().live()).isFalse();
        assertThat(entry.rules()).isEqualTo(1);
      }
    }
  }

  /** The sample function that takes all frames. */
  private static final class Function {
    private final NfEngine engine;
    private final Thread thread;

    Function(Path socket) {
      NfTraffic none = new NfTraffic(0x02_00_00_00_00_22L, 0, 60, 0, 1, 0, 0, 0);
      engine =
          new NfEngine(
              new NfOptions(
                  socket,
                  SocketRole.CLIENT,
                  NfMode.sink,
                  1,
                  256,
                  true,
                  false,
                  false,
                  0x02_00_00_00_00_11L,
                  0,
                  none),
              line -> {});
      thread =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                try {
                  engine.run();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
    }

    void stop() throws InterruptedException {
      engine.stop();
      thread.join(20_000);
      assertThat(thread.isAlive()).isFalse();
    }
  }

  @Test
  void aMeterIsCountedAndOutcomesStillSumUp() throws InterruptedException {
    String text =
        """
        ports: {b: {type: soft, dma: inline}, a: %s}
        meters: ['meter=7,pktps,burst,bands=type=drop,rate=100,burst_size=5']
        flows: ['in_port=a,actions=meter:7,output:b']
        """
            .formatted(GENERATOR);
    try (VSwitch vswitch = start(text)) {
      await("drops", () -> vswitch.groups().meters().getFirst().droppedPackets() > 1_000);
      MeterEntry entry = vswitch.groups().meters().getFirst();
      assertThat(entry.passedPackets()).isPositive().isLessThan(entry.droppedPackets());
      assertThat(entry.rules()).isEqualTo(1);
      InputStats input =
          vswitch.stats().inputs().stream()
              .filter(one -> one.port().equals("a"))
              .findFirst()
              .orElseThrow();
      assertThat(input.dropReasons()).containsKey("meter");
      change(
          vswitch,
          new GroupMod.ModifyMeter(
              MeterSyntax.parseMeter("meter=7,pktps,bands=type=drop,rate=4000000000"), false));
      await("all pass", () -> vswitch.groups().meters().getFirst().passedPackets() > 1_000);
      assertThat(vswitch.groups().meters().getFirst().droppedPackets()).as("anew").isZero();
    }
  }

  @Test
  void whatIsUsedStays() {
    try (VSwitch vswitch = start("ports: {b: {type: soft, dma: inline}}")) {
      change(
          vswitch,
          group("group_id=2,type=indirect,bucket=meter:1,group:1"),
          group("group_id=1,type=all,bucket=b"),
          new GroupMod.AddMeter(MeterSyntax.parseMeter("meter=1,pktps,bands=type=drop,rate=1")));
      add(vswitch, "priority=5,actions=group:2");
      long version = vswitch.flows().version();
      assertThatThrownBy(() -> change(vswitch, new GroupMod.DeleteGroup(2)))
          .hasMessageContaining("group:2 is in use by 1 rules, for example priority=5");
      assertThatThrownBy(() -> change(vswitch, new GroupMod.DeleteGroup(1)))
          .hasMessageContaining("no such group or meter: group:1, named by group 2");
      assertThatThrownBy(() -> change(vswitch, new GroupMod.DeleteMeter(1)))
          .hasMessageContaining("meter:1, named by group 2");
      assertThatThrownBy(
              () -> change(vswitch, new GroupMod.DeleteAllGroups(), new GroupMod.DeleteAllMeters()))
          .hasMessageContaining("in use");
      assertThat(vswitch.flows().version()).isEqualTo(version);
      add(vswitch, "priority=5,actions=drop");
      change(vswitch, new GroupMod.DeleteAllGroups(), new GroupMod.DeleteAllMeters());
      assertThat(vswitch.groups().groups()).isEmpty();
      assertThat(vswitch.flows().version()).isEqualTo(version + 2);
    }
  }

  private static FlowTable.Changed bundle(VSwitch vswitch, String lines) {
    return vswitch.flows().change(TableModParser.parseMods(lines), -1).toCompletableFuture().join();
  }

  @Test
  void aBundleChangesRulesAndGroupsInOneStep() {
    try (VSwitch vswitch = start("ports: {b: {type: soft, dma: inline}}")) {
      long version = vswitch.flows().version();
      FlowTable.Changed changed =
          bundle(
              vswitch,
              """
              add priority=5,udp,actions=meter:3,group:7   # in force with what follows
              group add group_id=7,type=select,bucket=b
              meter=3,pktps,bands=type=drop,rate=9
              group insert_bucket group_id=7,command_bucket_id=last,bucket=b
              """);
      assertThat(changed.entries()).hasSize(1);
      assertThat(vswitch.flows().version()).isEqualTo(version + 1);
      assertThat(vswitch.groups().groups().getFirst().buckets()).hasSize(2);
      assertThat(vswitch.groups().groups().getFirst().rules()).isEqualTo(1);
      assertThat(vswitch.groups().meters().getFirst().rules()).isEqualTo(1);
      bundle(vswitch, "group delete\nmeter delete\ndelete udp");
      assertThat(vswitch.flows().version()).isEqualTo(version + 2);
      assertThat(vswitch.groups().groups()).isEmpty();
      assertThat(vswitch.groups().meters()).isEmpty();
    }
  }

  @Test
  void aBundleThatCanNotBeChangesNothing() {
    try (VSwitch vswitch = start("ports: {b: {type: soft, dma: inline}}")) {
      bundle(
          vswitch,
          "group_id=1,type=all,bucket=b\npriority=5,udp,actions=group:1\n"
              + "priority=6,udp,actions=group:1");
      List<FlowRule> rules = vswitch.flows().rules();
      long version = vswitch.flows().version();
      assertThatThrownBy(() ->
              bundle(
                  vswitch,
                  "add tcp,actions=drop\ndelete_strict priority=5,udp\n"
                      + "group delete group_id=1\ngroup add group_id=2,type=all"))
          .hasMessageContaining("group:1 is in use by 1 rules, for example priority=6");
      assertThatThrownBy(
              () -> bundle(vswitch, "group_id=2,type=all\nadd tcp,actions=group:2,output:nf9"))
          .hasMessageContaining("nf9");
      assertThatThrownBy(
              () -> bundle(vswitch, "add tcp,actions=drop\ngroup modify group_id=2,type=all"))
          .hasMessageContaining("there is no group 2");
      assertThatThrownBy(
              () -> bundle(vswitch, "add tcp,actions=drop\ngroup_id=2,type=all,bucket=nf9"))
          .hasMessageContaining("no such port: port=nf9");
      assertThat(vswitch.flows().rules()).isEqualTo(rules);
      assertThat(vswitch.groups().groups()).hasSize(1);
      assertThat(vswitch.flows().version()).isEqualTo(version);
      assertThat(vswitch.groups().groups().getFirst().rules()).isEqualTo(2);
      bundle(vswitch, "delete udp\ngroup delete group_id=1");
    }
  }

  /** Another group's buckets say whether a bucket is live; its counters stay when they change. */
  @Test
  void whatAWatchedGroupWatchesMayChange() {
    try (VSwitch vswitch =
        start(
            "ports: {a: {type: vhost-user, socket: '%s'}, b: {type: soft, dma: inline}}"
                .formatted(directory.resolve("none.sock")))) {
      change(
          vswitch,
          group("group_id=1,type=ff,bucket=watch_group:2,b"),
          group("group_id=2,type=ff,bucket=watch_port:a,a"));
      assertThat(vswitch.groups().groups().getFirst().buckets().getFirst().live()).isFalse();
      long version = vswitch.flows().version();
      bundle(
          vswitch, "group insert_bucket group_id=2,command_bucket_id=last,bucket=watch_port:b,b");
      assertThat(vswitch.flows().version()).isEqualTo(version + 1);
      assertThat(vswitch.groups().groups().getFirst().buckets().getFirst().live()).isTrue();
      assertThatThrownBy(() -> change(vswitch, new GroupMod.DeleteGroup(2)))
          .hasMessageContaining("group:2, named by group 1 as watch_group");
    }
  }

  @Test
  void whatCanNotBeIsRefused() {
    try (VSwitch vswitch = start("ports: {b: {type: soft, dma: inline}}")) {
      assertThatThrownBy(() -> add(vswitch, "actions=group:1"))
          .hasMessageContaining("no such group or meter: group:1");
      assertThatThrownBy(() -> add(vswitch, "actions=meter:1,output:b"))
          .hasMessageContaining("no such group or meter: meter:1");
      assertThatThrownBy(() -> change(vswitch, group("group_id=1,type=all,bucket=nf9")))
          .hasMessageContaining("no such port: port=nf9");
      assertThatThrownBy(() -> change(vswitch, group("group_id=1,type=ff,bucket=watch_port:nf9,b")))
          .hasMessageContaining("no such port: port=nf9");
      change(vswitch, group("group_id=1,type=all,bucket=b"));
      assertThatThrownBy(() -> change(vswitch, group("group_id=1,type=all")))
          .hasMessageContaining("there is a group 1 already");
      assertThatThrownBy(() -> vswitch.groups().change(List.of(), 1).toCompletableFuture().join())
          .hasMessageContaining("the rules changed meanwhile");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          flows: ['actions=group:3']| test:2: flows: no such group or meter: group:3
          groups: ['group_id=1,type=some']| test:2: groups: line 1
          groups: [{group_id: 1, type: all, buckets: [{}]}]| test:2: groups: /buckets/0/actions
          groups: ['group_id=1,type=all,bucket=nf9']| no such port: port=nf9
          groups: ['group_id=1,type=all,bucket=group:1']| groups go in a circle: 1 -> 1
          meters: ['meter=1,kbps']| test:2: meters: line 1
          """)
  void aFileThatCanNotBeIsRefused(String text, String why) {
    assertThatThrownBy(() -> config(text))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(why);
  }

  @Test
  void aReloadSwapsRulesAndGroupsTogether() {
    String ports = "ports: {b: {type: soft, dma: inline}}\n";
    SwitchConfig first = config(ports + "flows: ['actions=drop']");
    try (VSwitch vswitch = VSwitch.start(first)) {
      Reload reload = new Reload(vswitch, first);
      assertThat(
              reload.apply(
                  config(
                      ports
                          + "groups: [{group_id: 1, type: all, buckets: [{actions: [b]}]}]\n"
                          + "meters: [{meter: 4, unit: kbps, bands: [{type: drop, rate: 10}]}]\n"
                          + "flows: ['actions=meter:4,group:1']")))
          .contains("1 groups and 1 meters instead of 0 and 0");
      assertThat(vswitch.groups().groups()).hasSize(1);
      reload.apply(first);
      assertThat(vswitch.groups().groups()).isEmpty();
      assertThat(vswitch.groups().meters()).isEmpty();
    }
  }

  @Test
  void aTraceTellsBucketsAndMeters() {
    String text =
        """
        ports: {b: {type: soft, dma: inline}, a: {type: soft, dma: inline}}
        meters: ['meter=7,pktps,bands=type=drop,rate=1']
        groups: ['group_id=1,type=select,bucket=bucket_id:9,b']
        flows: ['in_port=a,actions=meter:7,group:1']
        """;
    try (VSwitch vswitch = start(text)) {
      for (int i = 0; i < 3; i++) {
        FrameVerdict verdict =
            vswitch
                .flows()
                .trace("a", TraceInput.parse("in_port=a,udp", "").frame())
                .toCompletableFuture()
                .join();
        assertThat(verdict.text())
            .contains("meter   meter=7,pktps,bands=type=drop,rate=1 (not asked")
            .contains("group   1 (select), bucket 9: bucket_id:9,actions=output:b")
            .contains("output  b, unchanged");
      }
      assertThat(vswitch.groups().groups().getFirst().packets()).isZero();
      assertThat(vswitch.groups().meters().getFirst().passedPackets()).isZero();
    }
  }
}
