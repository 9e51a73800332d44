// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.vswitch.nf.NfEngine;
import io.iovtee.vswitch.nf.NfMode;
import io.iovtee.vswitch.nf.NfOptions;
import io.iovtee.vswitch.nf.NfTraffic;
import io.iovtee.vswitch.vhost.SocketRole;
import java.io.PrintWriter;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code iovtee nf}: the sample network function. */
@Command(
    name = "nf",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the sample network function: own virtio driver and vhost-user front-end on a memfd.",
      "Needs no root and no huge pages. Ends with SIGINT or SIGTERM; connects again by itself.",
      "Mode source sends test frames (tenant, flow, sequence number, CRC32C); --verify checks"
          + " received ones in any mode."
    })
final class NfCommand implements Callable<Integer> {
  /** Starts the line with the last counters. */
  static final String COUNTERS = "counters ";

  private static final Pattern MAC = Pattern.compile("(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}");
  private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

  @Option(
      names = "--socket",
      required = true,
      paramLabel = "PATH",
      description = "the switch's vhost-user socket")
  private Path socket = Path.of("nf.sock");

  @Option(
      names = "--mode",
      defaultValue = "macswap",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private NfMode mode = NfMode.macswap;

  @Option(names = "--queues", defaultValue = "1", description = "queue pairs (default: 1)")
  private int queues = 1;

  @Option(
      names = "--queue-size",
      defaultValue = "1024",
      description = "entries per ring, a power of two (default: 1024)")
  private int queueSize = 1024;

  @Option(
      names = "--sleep",
      description = "wait for the switch's call instead of spinning: when cores are few")
  private boolean sleep;

  @Option(
      names = "--mac",
      defaultValue = "02:00:00:00:00:11",
      description = "its MAC address (default: ${DEFAULT-VALUE})")
  private String mac = "";

  @Option(
      names = "--ip",
      defaultValue = "198.18.0.11",
      description = "its IPv4 address, for mode echo (default: ${DEFAULT-VALUE})")
  private String ip = "";

  @Option(
      names = "--frame-bytes",
      defaultValue = "60",
      description = "length of the frames that mode source sends (default: 60)")
  private int frameBytes = 60;

  @Option(
      names = "--dst-mac",
      defaultValue = "ff:ff:ff:ff:ff:ff",
      description = "where mode source sends to (default: ${DEFAULT-VALUE})")
  private String destinationMac = "";

  @Option(
      names = "--dst-ip",
      defaultValue = "198.18.0.2",
      description = "where mode source sends to (default: ${DEFAULT-VALUE})")
  private String destinationIp = "";

  @Option(names = "--tenant", description = "number in sent and expected test frames (default: 0)")
  private int tenant;

  @Option(
      names = "--flows",
      defaultValue = "1",
      description = "flows that are sent and expected (default: 1)")
  private int flows = 1;

  @Option(names = "--rate", description = "frames per second of mode source (default: no limit)")
  private long rate;

  @Option(names = "--count", description = "frames that mode source sends (default: no end)")
  private long count;

  @Option(
      names = "--window",
      description = "frames of mode source that may be under way (default: no limit)")
  private int window;

  @Option(names = "--verify", description = "check every received frame and count what is wrong")
  private boolean verify;

  @Option(names = "--listen", description = "listen on the socket; the switch connects")
  private boolean listen;

  @Option(names = "--huge-pages", description = "share memory of 2 MiB pages")
  private boolean hugePages;

  @Option(names = "--counters", description = "print the counters in one line at the end")
  private boolean counters;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws InterruptedException, UnknownHostException {
    PrintWriter out = spec.commandLine().getOut();
    NfEngine engine = new NfEngine(options(), line -> say(out, line));
    Signals.handle("INT", engine::stop);
    Signals.handle("TERM", engine::stop);
    engine.run();
    if (counters) {
      say(out, COUNTERS + engine.stats());
    }
    return 0;
  }

  private NfOptions options() throws UnknownHostException {
    return new NfOptions(
        socket,
        listen ? SocketRole.SERVER : SocketRole.CLIENT,
        mode,
        queues,
        queueSize,
        sleep,
        hugePages,
        verify,
        mac("--mac", mac),
        ipv4("--ip", ip),
        new NfTraffic(
            mac("--dst-mac", destinationMac),
            ipv4("--dst-ip", destinationIp),
            frameBytes,
            tenant,
            flows,
            rate,
            count,
            window));
  }

  private static long mac(String option, String text) {
    if (!MAC.matcher(text).matches()) {
      throw new UsageException(option + " must have the form 02:00:00:00:00:11: " + text);
    }
    return Long.parseLong(text.replace(":", ""), 16);
  }

  private static int ipv4(String option, String text) throws UnknownHostException {
    if (!IPV4.matcher(text).matches() || !(InetAddress.getByName(text) instanceof Inet4Address)) {
      throw new UsageException(option + " must be an IPv4 address: " + text);
    }
    return ByteBuffer.wrap(InetAddress.getByName(text).getAddress()).getInt();
  }

  private static void say(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }
}
