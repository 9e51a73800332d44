// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.config.SwitchConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that are compiled here, loaded from jars as users' are. */
final class PluginHostTest {
  private static final String SOURCE =
      """
      package plugins;
      public final class %1$s implements io.iovtee.api.SwitchPlugin {
        public String name() { %2$s return "%1$s"; }
        public String version() { return "1"; }
        public int apiVersion() { %3$s }
        public void start(io.iovtee.api.SwitchContext context)
            throws io.iovtee.api.PluginException { %4$s }
        public void stop() { %5$s }
      }
      """;

  private static final String SAME = "return API_VERSION;";
  private static final String SEES =
      """
      for (String name : new String[] {
          "io.iovtee.vswitch.assembly.VSwitch", "io.iovtee.vswitch.linux.Native",
          "picocli.CommandLine", "org.snakeyaml.engine.v2.api.Load"}) {
        try {
          Class.forName(name);
          throw new IllegalStateException("sees " + name);
        } catch (ClassNotFoundException e) {
          // as it should be
        }
      }
      if (context.ports().size() != 0 || !context.switchName().equals("iovtee")) {
        throw new IllegalStateException();
      }
      org.slf4j.LoggerFactory.getLogger("plugin").debug("shared");
      """;

  @TempDir private Path directory;

  private void plugin(String name, String onName, String apiVersion, String start, String stop)
      throws IOException {
    Path work = Files.createDirectories(directory.resolve("work-" + name));
    Path source =
        Files.writeString(
            work.resolve(name + ".java"), SOURCE.formatted(name, onName, apiVersion, start, stop));
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                work.toString(),
                source.toString());
    assertThat(result).isZero();
    Path jars = Files.createDirectories(directory.resolve("plugins"));
    try (OutputStream file = Files.newOutputStream(jars.resolve(name + ".jar"));
        JarOutputStream jar = new JarOutputStream(file)) {
      jar.putNextEntry(new JarEntry("plugins/" + name + ".class"));
      Files.copy(work.resolve("plugins/" + name + ".class"), jar);
      jar.putNextEntry(new JarEntry("META-INF/services/io.iovtee.api.SwitchPlugin"));
      jar.write(("plugins." + name).getBytes(StandardCharsets.UTF_8));
    }
  }

  private static VSwitch startSwitch(String plugins) {
    return VSwitch.start(
        SwitchConfig.parse(
            "switch: {pool-chunks: 1024, huge-pages: false}\nplugins: {" + plugins + "}",
            "f.yaml"));
  }

  private PluginHost load(VSwitch vswitch) {
    return PluginHost.start(directory.resolve("plugins"), vswitch);
  }

  @Test
  void pluginSeesTheInterfaceAndNothingElseOfTheSwitch() throws IOException {
    plugin("good", "", SAME, SEES, "");
    try (VSwitch vswitch = startSwitch("good: {key: 1}");
        PluginHost host = load(vswitch)) {
      assertThat(host.names()).containsExactly("good 1");
    }
  }

  @Test
  void pluginForAnotherVersionOfTheInterfaceIsRefused() throws IOException {
    plugin("later", "", "return API_VERSION + 1;", "throw new AssertionError();", "");
    try (VSwitch vswitch = startSwitch("");
        PluginHost host = load(vswitch)) {
      assertThat(host.names()).isEmpty();
    }
  }

  @Test
  void pluginThatFailsStopsNeitherTheSwitchNorTheOthers() throws IOException {
    plugin("a1", "if (true) { throw new IllegalStateException(); }", SAME, "", "");
    plugin("a2", "", "throw new AbstractMethodError();", "", "");
    plugin("a3", "", SAME, "throw new io.iovtee.api.PluginException(\"no\");", "");
    plugin("a4", "", SAME, "throw new NoClassDefFoundError();", "");
    plugin("b", "", SAME, "", "throw new NoClassDefFoundError();");
    plugin("c", "", SAME, "", "System.setProperty(\"plugin.c\", \"stopped\");");
    Files.writeString(directory.resolve("plugins").resolve("broken.jar"), "no jar");
    try (VSwitch vswitch = startSwitch("required: false, a3: {x: 1}")) {
      try (PluginHost host = load(vswitch)) {
        assertThat(host.names()).containsExactly("b 1", "c 1");
      }
      assertThat(System.clearProperty("plugin.c")).isEqualTo("stopped");
      assertThat(vswitch.flows().entries()).hasSize(1);
    }
  }

  @Test
  void pluginWithASectionThatDoesNotStartIsAnError() throws IOException {
    plugin("a3", "", SAME, "throw new io.iovtee.api.PluginException(\"port taken\");", "");
    plugin("a4", "", "return API_VERSION + 1;", "", "");
    plugin("c", "", SAME, "", "System.setProperty(\"plugin.c\", \"stopped\");");
    try (VSwitch vswitch = startSwitch("a3: {x: 1}")) {
      assertThatThrownBy(() -> load(vswitch))
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith("f.yaml:2: plugins.a3: the plugin did not start: port taken; ")
          .hasMessageContaining("--plugins none")
          .hasMessageContaining("plugins.required: false");
      assertThat(System.clearProperty("plugin.c")).isEqualTo("stopped");
    }
    plugin("d", "", SAME, "throw io.iovtee.api.PluginException.at(\"x.y\", \"taken\");", "");
    try (VSwitch vswitch = startSwitch("d: {\n  x: {\n  y: 1}}")) {
      assertThatThrownBy(() -> load(vswitch))
          .as("the line of the key that the plugin blames")
          .hasMessageStartingWith("f.yaml:4: plugins.d.x.y: the plugin did not start: taken; ");
    }
    try (VSwitch vswitch = startSwitch("a4: {x: 1}")) {
      assertThatThrownBy(() -> load(vswitch)).hasMessageContaining("it is for API version");
    }
  }

  @Test
  void requiredIsTrueOrFalse() {
    assertThatThrownBy(() -> startSwitch("required: perhaps"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("plugins.required");
  }

  @Test
  void sectionForAPluginThatIsNotThereIsAnError() throws IOException {
    plugin("c", "", SAME, "", "System.setProperty(\"plugin.c\", \"stopped\");");
    try (VSwitch vswitch = startSwitch("ciao: {x: 1}")) {
      assertThatThrownBy(() -> load(vswitch))
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith("f.yaml:2: plugins.ciao: there is no such plugin");
      assertThat(System.clearProperty("plugin.c")).isEqualTo("stopped");
    }
  }

  @Test
  void noneLeavesSectionsAside() {
    try (VSwitch vswitch = startSwitch("c: {x: 1}");
        PluginHost host = PluginHost.none(vswitch)) {
      assertThat(host.names()).isEmpty();
      assertThat(vswitch.flows().entries()).hasSize(1);
    }
  }

  @Test
  void noDirectoryMeansNoPlugins() {
    try (VSwitch vswitch = startSwitch("");
        PluginHost host = load(vswitch)) {
      assertThat(host.names()).isEmpty();
    }
  }
}
