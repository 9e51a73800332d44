// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.iovtee.api.DropReason;
import io.iovtee.api.MirrorInfo;
import io.iovtee.api.PortInfo;
import io.iovtee.api.PuntedFrame;
import io.iovtee.api.SwitchListener;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.datapath.MirrorTable;
import io.iovtee.vswitch.nic.pcap.PcapTrace;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mirrors and punted frames of a whole switch. */
final class MirrorsTest {
  private static final String PORTS =
      """
      switch: {pool-chunks: 8192, huge-pages: false, warm-up-ms: 0}
      ports:
        b: {type: soft, dma: inline}
        tap: {type: soft, dma: inline}
        a: {type: soft, dma: inline, traffic: {type: generator, frame-bytes: 60, flows: 1,
            rate-pps: 5000}}
      """;

  private static final String TO_B = "flows: ['in_port=a,actions=output:b']\n";

  @TempDir private Path directory;

  /** So slow that the thread that writes the file may wait for a core for seconds. */
  private static final String SLOW_PORTS = PORTS.replace("rate-pps: 5000", "rate-pps: 200");

  private static VSwitch start(String more) {
    return VSwitch.start(SwitchConfig.parse(PORTS + more, "test.yaml"));
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; !condition.getAsBoolean(); i++) {
      assertThat(i).as(what).isLessThan(6000);
      Thread.sleep(10);
    }
  }

  private static MirrorInfo mirror(VSwitch vswitch, String name) {
    return vswitch.mirrors().stream().filter(one -> one.name().equals(name)).findFirst().get();
  }

  private static long framesOut(VSwitch vswitch, String port) {
    return vswitch.stats().outputs().stream()
        .filter(output -> output.port().equals(port))
        .mapToLong(output -> output.frames())
        .sum();
  }

  @Test
  void aMirrorToAPortAndOneToAFile() throws Exception {
    Path file = directory.resolve("all.pcap");
    long copies;
    String mirrors =
        "mirrors: {m: {select-src-port: a, output-port: tap}, f: {select-all: true, pcap: %s}}"
            .formatted(file);
    try (VSwitch vswitch =
        VSwitch.start(SwitchConfig.parse(SLOW_PORTS + TO_B + mirrors, "test.yaml"))) {
      await("copies", () -> mirror(vswitch, "m").frames() > 100);
      MirrorInfo info = mirror(vswitch, "m");
      assertThat(info.srcPorts()).containsExactly("a");
      assertThat(info.output()).isEqualTo("tap");
      assertThat(framesOut(vswitch, "tap")).isGreaterThan(100);
      assertThat(vswitch.ports())
          .filteredOn(port -> port.name().equals("f"))
          .extracting(PortInfo::type, PortInfo::rxQueues, PortInfo::linkUp)
          .containsExactly(tuple("pcap", 0, true));
      assertThat(vswitch.removePort("a")).isTrue();
      copies = mirror(vswitch, "f").frames();
      assertThat(mirror(vswitch, "f").lost()).isZero();
    }
    PcapTrace trace = PcapTrace.load(file, 1600);
    assertThat(trace.frames()).as("each frame once, though it comes and goes").isEqualTo(copies);
  }

  @Test
  void aRulesMirrorCanGoToAFileToo() throws Exception {
    Path file = directory.resolve("b.pcap");
    try (VSwitch vswitch =
        start(
            "mirrors: {cap: {select-dst-port: tap, pcap: %s, max-mib: 1, files: 2}}\n"
                    .formatted(file)
                + "flows: ['in_port=a,actions=mirror:cap,output:b']")) {
      await("copies", () -> mirror(vswitch, "").frames() > 100);
      assertThat(mirror(vswitch, "cap").frames()).as("by its own selection").isZero();
      assertThat(framesOut(vswitch, "cap")).isGreaterThan(100);
    }
    assertThat(PcapTrace.load(file, 1600).frames()).isGreaterThan(100);
  }

  @Test
  void aMirrorThatIsRemovedTakesItsFilesPortWithItAndCountsAnew() throws Exception {
    try (VSwitch vswitch =
        start(TO_B + "mirrors: {f: {select-src-port: [a], pcap: " + directory + "/f.pcap}}")) {
      await("copies", () -> mirror(vswitch, "f").frames() > 100);
      assertThat(vswitch.removeMirror("f")).isTrue();
      assertThat(vswitch.removeMirror("f")).isFalse();
      assertThat(vswitch.mirrors()).extracting(MirrorInfo::name).containsExactly("");
      assertThat(vswitch.ports()).extracting(PortInfo::name).doesNotContain("f");
      vswitch.addMirror("g", Section.of("g", Map.of("select-dst-port", "tap", "output-port", "b")));
      assertThat(mirror(vswitch, "g").frames()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{output-port: tap}|needs select-all, select-src-port or select-dst-port",
        "{select-all: true}|needs either output-port or pcap",
        "{select-all: true, output-port: tap, pcap: /tmp/x}|needs either output-port or pcap",
        "{select-src-port: [a, tap], output-port: tap}|is also selected: tap",
        "{select-dst-port: tap, output-port: tap}|is also selected: tap",
        "{select-src-port: nf9, output-port: tap}|no such port: port=nf9",
        "{select-all: true, output-port: nf9}|no such port: port=nf9",
        "{select-all: true, output-port: tap, files: 2}|max-mib and files go with pcap",
        "{select-all: 1, output-port: tap}|must be true or false",
        "{select-src-port: [1], output-port: tap}|must be a word, or a list of words: 1",
        "{select-all: true, pcap: /tmp/x, max-mib: 0}|must be a whole number from 1 to 1048576: 0",
        "{select-all: true, pcap: /tmp/x, files: 1001}|must be a whole number from 1 to 1000",
        "{select-all: true, pcap: /no/such/directory/x.pcap}|can not be written",
        "{select-vlan: 5, output-port: tap}|unknown key 'select-vlan'",
      })
  void aWrongMirrorIsRefused(String keys, String why) {
    assertThatThrownBy(() -> start(TO_B + "mirrors:\n  m: " + keys).close())
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("test.yaml:")
        .hasMessageContaining("mirrors.m")
        .hasMessageContaining(why);
  }

  @Test
  void aNameIsTakenOnceAndThereIsALimit() {
    Section keys = Section.of("m", Map.of("select-all", true, "output-port", "tap"));
    try (VSwitch vswitch = start(TO_B)) {
      for (int i = 0; i < MirrorTable.MIRRORS_MAX; i++) {
        vswitch.addMirror("m" + i, keys);
      }
      assertThatThrownBy(() -> vswitch.addMirror("m3", keys)).hasMessageContaining("m3 exists");
      assertThatThrownBy(() -> vswitch.addMirror("more", keys))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("at most 32 mirrors: more");
      assertThatThrownBy(() -> vswitch.addMirror("drop", keys)).hasMessageContaining("drop");
      Section file = Section.of("b", Map.of("select-all", true, "pcap", directory + "/x"));
      vswitch.removeMirror("m0");
      assertThatThrownBy(() -> vswitch.addMirror("b", file)).hasMessageContaining("b exists");
      assertThat(vswitch.mirrors()).as("the row of rules, too").hasSize(32);
    }
  }

  @Test
  void aReloadChangesMirrorsAlone() throws Exception {
    String one = TO_B + "mirrors: {m: {select-src-port: a, output-port: tap}}";
    String other = TO_B + "mirrors: {m: {select-dst-port: b, output-port: tap}}";
    try (VSwitch vswitch = start(one)) {
      Reload reload = new Reload(vswitch, vswitch.config());
      await("copies", () -> mirror(vswitch, "m").frames() > 10);
      assertThat(reload.apply(SwitchConfig.parse(PORTS + one, "x")))
          .containsExactly("nothing changed");
      assertThat(reload.apply(SwitchConfig.parse(PORTS + other, "x")))
          .containsExactly("mirror m removed", "mirror m added");
      assertThat(mirror(vswitch, "m").dstPorts()).containsExactly("b");
      assertThat(reload.apply(SwitchConfig.parse(PORTS + TO_B, "x")))
          .containsExactly("mirror m removed");
      SwitchConfig wrong =
          SwitchConfig.parse(PORTS + TO_B + "mirrors: {m: {output-port: tap}}", "x");
      assertThatThrownBy(() -> reload.apply(wrong)).hasMessageContaining("mirrors.m: needs");
      assertThat(vswitch.mirrors()).hasSize(1);
    }
  }

  // ---- punted frames, and frames from outside -------------------------------------------------

  @Test
  void puntedFramesComeToTheListener() throws Exception {
    List<PuntedFrame> punted = new CopyOnWriteArrayList<>();
    try (VSwitch vswitch = start("flows: ['in_port=a,actions=output:b']")) {
      vswitch.addListener(
          new SwitchListener() {
            @Override
            public void framesPunted(List<PuntedFrame> frames) {
              punted.addAll(frames);
            }
          });
      String rule = "cookie=0x7,in_port=a,actions=punt:20,output:b";
      vswitch
          .flows()
          .change(List.of(new FlowMod.Add(FlowRuleParser.parseRule(rule))), -1)
          .toCompletableFuture()
          .join();
      await("frames over the limit", () -> vswitch.punts().limited() > 100);
      await("punted", () -> punted.size() > 100);
      PuntedFrame first = punted.getFirst();
      assertThat(first.inPort()).isEqualTo("a");
      assertThat(FlowRuleFormatter.format(first.rule())).isEqualTo(rule);
      assertThat(first.reason()).isEqualTo("action");
      assertThat(first.length()).isEqualTo(60);
      assertThat(first.bytes()).hasSize(20);
      assertThat(first.timeMs()).isCloseTo(System.currentTimeMillis(), within(60_000L));
    }
  }

  @Test
  void rulesOfTheConfigurationPuntFromTheStartWithItsLimit() throws Exception {
    String ports = PORTS.replace("warm-up-ms: 0", "warm-up-ms: 0, punt-rate-pps: 1");
    try (VSwitch vswitch =
        VSwitch.start(SwitchConfig.parse(ports + "flows: ['priority=0,actions=punt']", "x"))) {
      await("frames over the limit", () -> vswitch.punts().limited() > 1000);
      assertThat(vswitch.punts().punted()).isBetween(256L, 256L + 60);
    }
    FlowMod any = new FlowMod.Add(FlowRuleParser.parseRule("priority=0,actions=punt"));
    assertThat(new PuntedFrame(0, "a", ((FlowMod.Add) any).rule(), 1, new byte[1]).reason())
        .isEqualTo("no_match");
  }

  @Test
  void theLimitOfPuntsChangesWhileTheSwitchRuns() throws Exception {
    String ports = PORTS.replace("warm-up-ms: 0", "warm-up-ms: 0, punt-rate-pps: 1");
    String flows = "flows: ['priority=0,actions=punt']";
    SwitchConfig slow = SwitchConfig.parse(ports + flows, "x");
    try (VSwitch vswitch = VSwitch.start(slow)) {
      await("frames over the limit", () -> vswitch.punts().limited() > 1000);
      String faster = ports.replace("punt-rate-pps: 1", "punt-rate-pps: 100000");
      new Reload(vswitch, slow).apply(SwitchConfig.parse(faster + flows, "x"));
      await("frames beyond the old limit", () -> vswitch.punts().punted() > 2000);
    }
  }

  @Test
  void aFrameFromOutsideLeavesOrTheAnswerSaysWhyNot() throws Exception {
    try (VSwitch vswitch = start("flows: ['actions=drop']")) {
      long before = framesOut(vswitch, "b");
      assertThat(vswitch.send("b", new byte[60]).get()).isEqualTo(DropReason.NONE);
      assertThat(framesOut(vswitch, "b")).isEqualTo(before + 1);
      assertThatThrownBy(() -> vswitch.send("nf9", new byte[60]).get())
          .hasMessageContaining("no such port: port=nf9");
      for (int length : new int[] {13, 9001}) {
        assertThatThrownBy(() -> vswitch.send("b", new byte[length]).get())
            .hasMessageContaining("a frame has 14 to ")
            .hasMessageContaining("length=" + length);
      }
    }
  }
}
