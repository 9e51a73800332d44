// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.it.cli.CliProcess;
import io.iovtee.it.peers.MappingApi;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three switches as one cluster: rules, a member that is killed, a cut, and hostile neighbours. */
final class ClusterIT {
  private static final String RULE = "priority=100,in_port=nic0,actions=output:cap";

  @TempDir private Path directory;
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Integer> ports = new ArrayList<>();
  private final Map<String, ClusterProcess> members = new LinkedHashMap<>();

  @BeforeEach
  void choosePorts() {
    for (int i = 0; i < 3; i++) {
      ports.add(MappingApi.freePort());
    }
  }

  @AfterEach
  void stopAll() throws Exception {
    for (ClusterProcess member : members.values()) {
      member.signal("CONT");
      member.close();
    }
    client.close();
  }

  private String yaml(String name, boolean clustered) {
    int own = clustered ? ports.get(name.charAt(0) - 'a') : 0;
    List<String> all = ports.stream().map(port -> "\"127.0.0.1:" + port + "\"").toList();
    String cluster =
        """
            cluster:
              name: it
              listen: "127.0.0.1:%d"
              members: %s
              state-file: %s
              member-timeout-s: 3
        """
            .formatted(own, all, directory.resolve(name + ".rules"));
    return """
    switch: {name: %s, huge-pages: false, warm-up-ms: 0}
    ports:
      nic0:
        type: soft
        dma: inline
        traffic: {type: generator, frame-bytes: 200, flows: 4, rate-pps: 1000}
        tx: {type: discard}
      cap: {type: pcap, file: %s, max-mib: 16}
    flows: ["priority=1,arp,actions=drop"]
    plugins:
      iovtee:
        http: {port: 0}
    %s
    """
        .formatted(name, directory.resolve(name + ".pcap"), clustered ? cluster : "");
  }

  private ClusterProcess start(String name) throws IOException {
    ClusterProcess started =
        ClusterProcess.start(directory.resolve(name + ".yaml"), yaml(name, true), client);
    members.put(name, started);
    return started;
  }

  private static String cluster(ClusterProcess at, String... parts) throws Exception {
    return at.await("/api/v1/cluster", text -> Stream.of(parts).allMatch(text::contains));
  }

  private static void awaitRule(ClusterProcess at, String text) throws Exception {
    var unused = at.await("/api/v1/flows", flows -> flows.contains(text));
  }

  private static void awaitApplied(ClusterProcess at, long version) throws Exception {
    var unused =
        at.await(
            "/metrics",
            text ->
                text.contains("iovtee_cluster_rules_applied_version " + version)
                    && text.contains("iovtee_cluster_majority 1"));
  }

  private long captured(String name) throws IOException {
    return Files.size(directory.resolve(name + ".pcap"));
  }

  private void awaitFrames(String name) throws Exception {
    long before = captured(name);
    for (int i = 0; captured(name) <= before; i++) {
      assertThat(i).as("frames in %s.pcap", name).isLessThan(600);
      Thread.sleep(100);
    }
  }

  /** TCP ports that a process listens on, as the kernel says (proc(5)). */
  private static Set<Integer> listening(long pid) throws IOException {
    Set<String> inodes = new HashSet<>();
    try (Stream<Path> all = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path one : all.toList()) {
        String target = Files.readSymbolicLink(one).toString();
        if (target.startsWith("socket:[")) {
          inodes.add(target.substring("socket:[".length(), target.length() - 1));
        }
      }
    }
    Set<Integer> found = new HashSet<>();
    for (String table : List.of("tcp", "tcp6", "udp", "udp6")) {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/net/" + table))) {
        String[] columns = line.strip().split("\\s+");
        boolean listens = columns[3].equals("0A") || table.startsWith("udp");
        if (inodes.contains(columns[9]) && listens) {
          String local = columns[1];
          assertThat(local).as("on loopback only").containsAnyOf("0100007F:", "00000000010000:");
          found.add(Integer.parseInt(local.substring(local.indexOf(':') + 1), 16));
        }
      }
    }
    return found;
  }

  @Test
  void rulesReachAllOutliveADeadMemberAndACutAndNeedAMajority() throws Exception {
    ClusterProcess a = start("a");
    ClusterProcess b = start("b");
    ClusterProcess c = start("c");
    cluster(a, "\"state\":\"majority\"", "\"live\":3");
    cluster(c, "\"live\":3");
    assertThat(listening(a.process().pid())).hasSize(2).contains(ports.getFirst());

    var added = a.send("POST", "/api/v1/cluster/flows", RULE + "\nin_port=nowhere,actions=drop");
    assertThat(added.statusCode()).as(added.body()).isEqualTo(200);
    assertThat(added.headers().firstValue("ETag")).contains("\"1\"");
    for (ClusterProcess one : List.of(a, b, c)) {
      awaitRule(one, "cookie=0xc105000000000000," + RULE);
      assertThat(one.get("/api/v1/flows")).contains("arp,actions=drop");
    }
    awaitFrames("c");
    cluster(b, "\"left_out\":1", "no port nowhere", "\"rules_version\":1");

    b.process().kill();
    cluster(a, "\"live\":2", "\"state\":\"gone\"", "\"state\":\"majority\"");
    var second = c.send("POST", "/api/v1/cluster/flows", "priority=7,udp,actions=drop");
    assertThat(second.statusCode()).as(second.body()).isEqualTo(200);
    awaitFrames("a");
    ClusterProcess again = start("b");
    awaitRule(again, "priority=7,udp");
    awaitApplied(again, 2);

    try (CliProcess list = CliProcess.start("cluster", "list", "--server", again.url())) {
      assertThat(list.await()).as(list.err()).isZero();
      assertThat(list.out()).contains("3 of 3 members", "version 2 (3 rules)", "oldest");
    }

    cutAndMerge(a, again, c);
    hostileBytes(a);
    assertThat(a.process().err() + c.process().err()).doesNotContain("a defect", "\tat ");
  }

  /** A is stopped for longer than the others wait; they go on, then it is with them again. */
  private void cutAndMerge(ClusterProcess a, ClusterProcess b, ClusterProcess c) throws Exception {
    a.signal("STOP");
    b.signal("STOP");
    cluster(c, "\"state\":\"minority\"", "\"live\":1");
    var refused = c.send("POST", "/api/v1/cluster/flows", "priority=8,udp,actions=drop");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body()).contains("urn:iovtee:problem:unavailable", "1 of 3", "takes 2");
    assertThat(c.get("/readyz?verbose")).contains("[~]cluster ok, but", "no majority");
    awaitFrames("c");
    b.signal("CONT");
    cluster(c, "\"state\":\"majority\"", "\"live\":2");
    cluster(b, "\"state\":\"majority\"", "\"live\":2");
    var third = c.send("PUT", "/api/v1/cluster/flows", RULE, "If-Match", "\"2\"");
    assertThat(third.statusCode()).as(third.body()).isEqualTo(200);
    a.signal("CONT");
    awaitApplied(a, 3);
    assertThat(a.get("/api/v1/flows")).contains(RULE).doesNotContain("priority=7,udp");
    cluster(a, "\"live\":3");
    assertThat(a.send("PUT", "/api/v1/cluster/flows", RULE, "If-Match", "\"2\"").statusCode())
        .isEqualTo(412);
  }

  /** Bytes of no protocol, of others that Hazelcast knows, a Java object, and a huge packet. */
  private void hostileBytes(ClusterProcess a) throws Exception {
    Random random = new Random(20261124);
    byte[] rest = new byte[4_096];
    random.nextBytes(rest);
    byte[] huge = ByteBuffer.allocate(64).put((byte) 4).putInt(7, Integer.MAX_VALUE).array();
    byte[] object = {(byte) 0xac, (byte) 0xed, 0, 5, 's', 'r'};
    for (String greeting : List.of("HZC", "HZX", "CP2", "GET / HTTP/1.1\r\n\r\n", "stats\r\n")) {
      for (byte[] more : List.of(rest, object, huge)) {
        assertThat(answer(greeting, more)).doesNotContain("HTTP", "STAT", "CP2");
      }
    }
    cluster(a, "\"live\":3", "\"state\":\"majority\"");
    assertThat(a.send("POST", "/api/v1/cluster/flows", "priority=9,udp,actions=drop").statusCode())
        .isEqualTo(200);
  }

  /** What a member answers within a moment, or before it hangs up. */
  private String answer(String greeting, byte[] more) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), ports.getFirst())) {
      socket.setSoTimeout(100);
      socket.getOutputStream().write(greeting.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(more);
      byte[] answer = new byte[64];
      int length = socket.getInputStream().read(answer);
      return new String(answer, 0, Math.max(0, length), StandardCharsets.US_ASCII);
    } catch (SocketTimeoutException | SocketException e) {
      return "";
    }
  }

  @Test
  void withoutAClusterNothingOfHazelcastIsLoaded() throws Exception {
    Path file = directory.resolve("d.yaml");
    try (ClusterProcess alone = ClusterProcess.start(file, yaml("d", false), client)) {
      assertThat(alone.get("/api/v1/cluster")).contains("\"enabled\":false");
      assertThat(alone.send("POST", "/api/v1/cluster/flows", RULE).statusCode()).isEqualTo(404);
      Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
      Process asked =
          new ProcessBuilder(
                  jcmd.toString(),
                  Long.toString(alone.process().pid()),
                  "VM.classloaders",
                  "show-classes=true")
              .redirectErrorStream(true)
              .start();
      String classes = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(asked.waitFor()).as(classes).isZero();
      assertThat(classes)
          .contains("io.iovtee.verticles.ControlPlane")
          .doesNotContain("com.hazelcast");
      assertThat(listening(alone.process().pid())).hasSize(1);
    }
  }
}
