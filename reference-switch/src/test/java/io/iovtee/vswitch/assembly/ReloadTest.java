// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.config.SwitchConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A changed value of any key is carried out, or said to need a restart. */
final class ReloadTest {
  private static final String RESTART = " when the switch started: a change needs a restart";

  private static final String TWO_PORTS =
      "{a: {type: soft, dma: inline}, b: {type: soft, dma: inline}}";

  /** By key of the file: another value than in {@link #start}, and what the reload says. */
  private static final Map<String, Case> CASES =
      Map.of(
          "loops", new Case("[{}, {}]", "loops stays as it was" + RESTART),
          "ports", new Case(TWO_PORTS, "port b added"),
          "mirrors", new Case("{m: {select-all: true, pcap: DIR/m.pcap}}", "mirror m added"),
          "meters", new Case("['meter=1,pktps,bands=type=drop,rate=5']", "1 meters instead of 0"),
          "groups", new Case("['group_id=1,type=all,bucket=output:a']", "1 groups and 0 meters"),
          "flows", new Case("['arp,actions=drop', 'actions=normal']", "2 rules instead of 1"),
          "flows-directory", new Case("DIR/flows.d", "2 rules instead of 1"),
          "plugins", new Case("{iovtee: {auto: true}}", "plugins stays as it was" + RESTART));

  /** By key below {@code switch}. */
  private static final Map<String, Case> CASES_OF_SWITCH =
      Map.of(
          "name", new Case("other", "name stays as it was" + RESTART),
          "pool-chunks", new Case("9216", "pool-chunks stays as it was" + RESTART),
          "huge-pages", new Case("true", "huge-pages stays as it was" + RESTART),
          "guest-memory-max-mib", new Case("7", "guest-memory-max-mib stays as it was" + RESTART),
          "warm-up-ms", new Case("1", "warm-up-ms stays as it was" + RESTART),
          "vlan-limit", new Case("2", "vlan-limit stays as it was" + RESTART),
          "punt-rate-pps", new Case("7", "punt-rate-pps 7 instead of 1000"));

  @TempDir private Path home;
  private VSwitch vswitch;
  private Reload reload;

  private record Case(String value, String said) {}

  @BeforeEach
  void start() throws IOException {
    Files.createDirectory(home.resolve("flows.d"));
    Files.writeString(home.resolve("flows.d").resolve("a.flows"), "udp,actions=drop\n");
    SwitchConfig config = config(Map.of(), Map.of());
    vswitch = VSwitch.start(config);
    reload = new Reload(vswitch, config);
  }

  @AfterEach
  void stop() {
    vswitch.close();
  }

  private SwitchConfig config(Map<String, String> changed, Map<String, String> changedOfSwitch) {
    Map<String, String> general =
        new LinkedHashMap<>(
            Map.of("pool-chunks", "8192", "huge-pages", "false", "warm-up-ms", "0"));
    general.putAll(changedOfSwitch);
    Map<String, String> top = new LinkedHashMap<>();
    top.put("switch", general.toString().replace("=", ": "));
    top.put("ports", "{a: {type: soft, dma: inline}}");
    top.put("flows", "['actions=normal']");
    top.putAll(changed);
    StringBuilder text = new StringBuilder();
    top.forEach((key, value) -> text.append(key).append(": ").append(value).append('\n'));
    return SwitchConfig.parse(text.toString().replace("DIR", home.toString()), "switch.yaml");
  }

  private void check(String key, SwitchConfig changed, String said) {
    assertThat(reload.apply(changed)).as(key).anySatisfy(line -> assertThat(line).contains(said));
    String again = said.endsWith(RESTART) ? said : "nothing changed";
    assertThat(reload.apply(changed)).as(key + " again").containsExactly(again);
    reload.apply(config(Map.of(), Map.of()));
  }

  @Test
  void eachKeyIsCarriedOutOrSaidToNeedARestart() {
    assertThat(SwitchConfig.KEYS)
        .as("with a case here; the watch is in RuleWatchTest")
        .containsAll(CASES.keySet())
        .hasSize(CASES.size() + "switch, flows-directory-watch".split(", ", -1).length);
    CASES.forEach((key, one) -> check(key, config(Map.of(key, one.value), Map.of()), one.said));
  }

  @Test
  void soIsEachKeyOfTheSwitch() {
    assertThat(SwitchConfig.SWITCH_KEYS).hasSameElementsAs(CASES_OF_SWITCH.keySet());
    CASES_OF_SWITCH.forEach(
        (key, one) -> check(key, config(Map.of(), Map.of(key, one.value)), one.said));
  }

  @Test
  void severalKeysAreToldTogether() {
    SwitchConfig next = config(Map.of(), Map.of("name", "x", "vlan-limit", "2"));
    assertThat(reload.apply(next)).containsExactly("name, vlan-limit stay as they were" + RESTART);
  }
}
