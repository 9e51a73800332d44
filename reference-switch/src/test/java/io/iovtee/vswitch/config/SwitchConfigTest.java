// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SwitchConfigTest {
  /** Each error names file and line, and the key with its whole path; {@code |} ends a line. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      textBlock =
          """
          ports: {}|flaws: []                      # f.yaml:2: flaws: unknown key 'flaws'
          switch:|  pool-chunks: 1000              # f.yaml:2: switch.pool-chunks: must be a whole number
          switch:|  vlan-limit: 3                  # f.yaml:2: switch.vlan-limit: must be a whole number
          ports: {n: {type: xdp}}|switch:|  pool-chunks: 2048 # f.yaml:3: switch.pool-chunks: 2048 chunks do
          switch:|  pool-chunks: 1025              # f.yaml:2: switch.pool-chunks: must be a multiple of 1024
          switch:|  huge-pages: 1                  # f.yaml:2: switch.huge-pages: must be true, false or required: 1
          switch:|  name: [a]                      # f.yaml:2: switch.name: must be text
          switch:|  guest-memory-max-mib: 0        # f.yaml:2: switch.guest-memory-max-mib: must be
          switch: 3                                # f.yaml:1: switch: must be a mapping
          loops:|  - {cpu: 0}|  - {cpu: 1024}      # f.yaml:3: loops[1].cpu: must be a whole number
          loops:|  - {core: 0}                     # f.yaml:2: loops[0].core: unknown key
          loops: {cpu: 1}                          # f.yaml:1: loops: must be a list
          ports:|  a: {}|  nf1: 4                  # f.yaml:3: ports.nf1: must be a mapping
          ports:|  1: {type: soft}                 # f.yaml:1: a key must be text
          flows:|  - priority=1,actions=drop|  - 7 # f.yaml:3: flows[1]: must be text
          flows:|  - actions=drop|  - dl_dst=x     # f.yaml:3: flows: line 1, column
          ports: {a: {}, b: {}}|flows:|  - actions=output:b|  - in_port=c,actions=drop # f.yaml:4: flows: no such port: port=c, rule=in_port=c
          ports: {a: {}}|flows:|  - "actions=normal\\nactions=output:a,output:d" # f.yaml:3: flows: no such port: port=d
          flows:|  - in_port=a,actions=drop        # f.yaml:2: flows: no such port: port=a, rule=in_port=a,actions=drop; ports here: none
          ports: {}|ports: {}                      # f.yaml:2:1: not YAML:
          [1]                                      # f.yaml:1: the file must be a mapping
          plugins: 3                               # f.yaml:1: plugins: must be a mapping
          plugins:|  directory: [a]                # f.yaml:2: plugins.directory: must be text
          """)
  void errorNamesFileLineAndKey(String text, String message) {
    assertThatThrownBy(() -> SwitchConfig.parse(text.strip().replace('|', '\n'), "f.yaml"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(message.strip());
  }

  @Test
  void emptyFileHasTheDefaults() {
    SwitchConfig config = SwitchConfig.parse("", "f.yaml");
    assertThat(config.name()).isEqualTo("iovtee");
    assertThat(config.loopCpus()).isEqualTo(List.of(-1));
    assertThat(config.ports()).isEmpty();
    assertThat(config.flows()).hasSize(1);
    assertThat(config.guestMemoryMax()).isEqualTo(64L << 30);
  }

  /** All rings, a third more, and each loop's share is as large as the fullest one needs. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      textBlock =
          """
          ports: {}                                                        # 16384
          ports: {n: {type: soft}, g: {type: vhost-user}}                  # 16384
          ports: {n: {type: soft, queues: 16}}                             # 22528
          ports: {n: {type: xdp, queues: 8}}                               # 22528
          ports: {t: {type: tap, queues: 64}}                              # 22528
          ports: {v: {type: vxlan, ring-size: 16384}}                      # 22528
          ports: {n: {type: xdp, queues: 0, ring-size: 16384}}             # 22528
          loops: [{}, {}]|ports: {n: {type: soft, queues: 16}}             # 22528
          loops: [{}, {}]|ports: {n: {type: soft, ring-size: 32768}}       # 88064
          switch: {pool-chunks: 32768}|ports: {n: {type: soft}}            # 32768
          """)
  void thePoolCarriesAllRings(String text, int chunks) {
    SwitchConfig config = SwitchConfig.parse(text.strip().replace('|', '\n'), "f.yaml");
    assertThat(config.poolChunks()).isEqualTo(chunks);
  }

  /** Only the interface knows them, and each has a ring. */
  @Test
  void allQueuesOfAnInterfaceAreCountedWhenTheyAreKnown() {
    String ports = "ports: {n: {type: xdp, interface: eth0, queues: 0}, m: {type: xdp, queues: 8}}";
    PoolSize pool = SwitchConfig.parse(ports, "f.yaml").pool();
    assertThat(pool.chunks(_ -> 1)).isEqualTo(24576);
    assertThat(pool.chunks(port -> port.text("interface").equals("eth0") ? 8 : 100))
        .isEqualTo(44032);

    PoolSize tooSmall =
        SwitchConfig.parse("switch: {pool-chunks: 24576}\n" + ports, "f.yaml").pool();
    assertThatThrownBy(() -> tooSmall.chunks(_ -> 8))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("f.yaml:1: switch.pool-chunks")
        .hasMessageContaining("set 44032 or more");
  }

  @Test
  void tooLongIsRefused() {
    String text = "#".repeat(YamlFile.LENGTH_MAX + 1);
    assertThatThrownBy(() -> SwitchConfig.parse(text, "f.yaml"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("length=" + text.length());
  }

  @Test
  void noSuchFile() {
    assertThatThrownBy(() -> SwitchConfig.load(Path.of("no-such.yaml")))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("no-such.yaml: no such file");
  }

  @Test
  void whatIsDeliveredParses() throws IOException {
    Path conf = Path.of(System.getProperty("iovtee.root", "..")).resolve("conf");
    try (Stream<Path> examples = Files.list(conf.resolve("examples"))) {
      List<Path> files =
          Stream.concat(Stream.of(conf.resolve("iovtee.yaml")), examples)
              .filter(file -> file.toString().endsWith(".yaml"))
              .toList();
      assertThat(files).hasSizeGreaterThan(2);
      for (Path file : files) {
        assertThat(SwitchConfig.load(file).ports()).as(file.toString()).isNotEmpty();
      }
    }
  }
}
