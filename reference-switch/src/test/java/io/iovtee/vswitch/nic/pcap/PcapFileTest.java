// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.pcap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading and writing capture files, and what malformed ones do. */
class PcapFileTest {
  private static final long SEED = 20_260_722L;

  private record Frame(long timestampNs, byte[] bytes, long originalLength) {}

  private static List<Frame> readAll(byte[] file) throws IOException {
    List<Frame> frames = new ArrayList<>();
    try (PcapReader reader = PcapReader.read("test.pcap", new ByteArrayInputStream(file))) {
      while (reader.next()) {
        PcapReader.CapturedFrame frame = reader.frame();
        frames.add(
            new Frame(
                frame.timestampNs(),
                Arrays.copyOf(frame.bytes(), frame.length()),
                frame.originalLength()));
      }
    }
    return frames;
  }

  private static byte[] file(ByteOrder order, Consumer<ByteBuffer> content) {
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(order);
    content.accept(buffer);
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  private static void classicHeader(ByteBuffer out, int magic, int linkType) {
    out.putInt(magic).putShort((short) 2).putShort((short) 4);
    out.putInt(0).putInt(0).putInt(65_535).putInt(linkType);
  }

  private static byte[] classic(ByteOrder order, int magic) {
    return file(
        order,
        out -> {
          classicHeader(out, magic, 1);
          out.putInt(3).putInt(500).putInt(4).putInt(1500).put(new byte[] {1, 2, 3, 4});
          out.putInt(-1).putInt(1).putInt(0).putInt(0);
        });
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    Random random = new Random(SEED);
    List<Frame> written = new ArrayList<>();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (PcapWriter writer = PcapWriter.write(out)) {
      for (int i = 0; i < 500; i++) {
        byte[] bytes = new byte[i == 7 ? PcapReader.FRAME_LENGTH_MAX : random.nextInt(1600)];
        random.nextBytes(bytes);
        long timestampNs = random.nextLong(4_000_000_000_000_000_000L);
        writer.frame(timestampNs, bytes, 0, bytes.length);
        written.add(new Frame(timestampNs, bytes, bytes.length));
      }
    }
    List<Frame> read = readAll(out.toByteArray());
    assertThat(read).hasSameSizeAs(written);
    for (int i = 0; i < written.size(); i++) {
      assertThat(read.get(i).timestampNs()).isEqualTo(written.get(i).timestampNs());
      assertThat(read.get(i).bytes()).isEqualTo(written.get(i).bytes());
      assertThat(read.get(i).originalLength()).isEqualTo(written.get(i).originalLength());
    }
  }

  @Test
  void classicFilesOfBothByteOrdersAndResolutions() throws IOException {
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      List<Frame> micro = readAll(classic(order, ClassicFormat.MAGIC_MICROSECONDS));
      assertThat(micro).hasSize(2);
      assertThat(micro.get(0).timestampNs()).isEqualTo(3_000_500_000L);
      assertThat(micro.get(0).bytes()).containsExactly(1, 2, 3, 4);
      assertThat(micro.get(0).originalLength()).isEqualTo(1500);
      assertThat(micro.get(1).timestampNs()).isEqualTo(4_294_967_295_000_001_000L);
      List<Frame> nano = readAll(classic(order, ClassicFormat.MAGIC_NANOSECONDS));
      assertThat(nano.get(0).timestampNs()).isEqualTo(3_000_000_500L);
    }
  }

  private static void block(ByteBuffer out, int type, Consumer<ByteBuffer> body) {
    int start = out.position();
    out.putInt(type).putInt(0);
    body.accept(out);
    while ((out.position() & 3) != 0) {
      out.put((byte) 0);
    }
    int length = out.position() + 4 - start;
    out.putInt(start + 4, length).putInt(length);
  }

  private static void section(ByteBuffer out) {
    block(
        out,
        PcapNgFormat.SECTION_HEADER_BLOCK,
        b -> {
          b.putInt(PcapNgFormat.BYTE_ORDER_MAGIC).putShort((short) 1).putShort((short) 0);
          b.putLong(-1);
        });
  }

  private static void interfaceBlock(ByteBuffer out, int snapLength, Consumer<ByteBuffer> options) {
    block(
        out,
        PcapNgFormat.INTERFACE_DESCRIPTION_BLOCK,
        b -> {
          b.putShort((short) 1).putShort((short) 0).putInt(snapLength);
          options.accept(b);
        });
  }

  private static void packet(ByteBuffer out, int id, long timestamp, byte[] bytes) {
    block(
        out,
        PcapNgFormat.ENHANCED_PACKET_BLOCK,
        b -> {
          b.putInt(id).putInt((int) (timestamp >>> 32)).putInt((int) timestamp);
          b.putInt(bytes.length).putInt(bytes.length + 100).put(bytes);
        });
  }

  private static byte[] pcapng(ByteOrder order) {
    return file(
        order,
        out -> {
          section(out);
          interfaceBlock(out, 0, b -> {});
          interfaceBlock(
              out,
              4,
              b -> {
                b.putShort((short) 9).putShort((short) 1).put((byte) 9).put(new byte[3]);
                b.putShort((short) 14).putShort((short) 8).putLong(10);
                b.putShort((short) 0).putShort((short) 0);
              });
          interfaceBlock(
              out, 0, b -> b.putShort((short) 9).putShort((short) 1).put((byte) (0x80 | 10)));
          packet(out, 0, 1_000_007, new byte[] {1, 2, 3, 4, 5});
          block(out, 0x0bad, b -> b.put(new byte[13]));
          packet(out, 1, 5, new byte[] {6});
          packet(out, 2, 1024 + 512, new byte[] {7});
          block(out, PcapNgFormat.SIMPLE_PACKET_BLOCK, b -> b.putInt(3).put(new byte[] {8, 9, 10}));
        });
  }

  @Test
  void pcapngOfBothByteOrders() throws IOException {
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      List<Frame> frames = readAll(pcapng(order));
      assertThat(frames).hasSize(4);
      assertThat(frames.get(0).bytes()).containsExactly(1, 2, 3, 4, 5);
      assertThat(frames.get(0).originalLength()).isEqualTo(105);
      assertThat(frames.get(0).timestampNs()).isEqualTo(1_000_007_000L);
      assertThat(frames.get(1).timestampNs()).as("offset").isEqualTo(10_000_000_005L);
      assertThat(frames.get(2).timestampNs()).as("binary").isEqualTo(1_500_000_000L);
      assertThat(frames.get(3).bytes()).as("simple").containsExactly(8, 9, 10);
    }
  }

  @Test
  void aSecondSectionMayHaveTheOtherByteOrder() throws IOException {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(pcapng(ByteOrder.LITTLE_ENDIAN));
    both.writeBytes(pcapng(ByteOrder.BIG_ENDIAN));
    assertThat(readAll(both.toByteArray())).hasSize(8);
  }

  private static void refused(byte[] file, long offset, String message) {
    assertThatThrownBy(() -> readAll(file))
        .isInstanceOf(PcapException.class)
        .hasMessageContaining("test.pcap: offset " + offset + ": ")
        .hasMessageContaining(message);
  }

  @Test
  void errorsNameFileOffsetAndValues() {
    ByteOrder le = ByteOrder.LITTLE_ENDIAN;
    refused("GIF89a".getBytes(StandardCharsets.US_ASCII), 0, "starts with 0x47494638");
    refused(
        file(le, out -> classicHeader(out, ClassicFormat.MAGIC_NANOSECONDS, 113)),
        0,
        "link type 113 is not Ethernet");
    byte[] whole = classic(le, ClassicFormat.MAGIC_NANOSECONDS);
    refused(Arrays.copyOf(whole, 30), 24, "ends inside a record header: needs 16 bytes, has 6");
    refused(Arrays.copyOf(whole, 42), 24, "ends inside a frame: needs 4 bytes, has 2");
    refused(
        file(
            le,
            out -> {
              classicHeader(out, ClassicFormat.MAGIC_NANOSECONDS, 1);
              out.putInt(0).putInt(0).putInt(PcapReader.FRAME_LENGTH_MAX + 1).putInt(0);
            }),
        24,
        "captured length 262145 is more than 262144");
    refused(
        file(
            le,
            out -> {
              section(out);
              packet(out, 0, 0, new byte[4]);
            }),
        28,
        "packet of interface 0, but 0 are known");
    refused(
        file(
            le,
            out -> {
              section(out);
              interfaceBlock(out, 0, b -> {});
              block(
                  out,
                  PcapNgFormat.ENHANCED_PACKET_BLOCK,
                  b -> b.putInt(0).putLong(0).putInt(9).putInt(9).putLong(0));
            }),
        48,
        "captured length 9 is more than the block's 8 bytes");
    refused(
        file(
            le,
            out -> {
              section(out);
              out.putInt(7).putInt(PcapNgFormat.BLOCK_LENGTH_MAX + 4);
            }),
        28,
        "block length 16777220 is not a multiple of 4");
    refused(
        file(
            le,
            out -> {
              section(out);
              out.putInt(7).putInt(16).putInt(0).putInt(12);
            }),
        28,
        "trailing length 12 differs from the leading one, 16");
  }

  /** Damaged files end in frames or in a PcapException, never in anything else. */
  @Test
  void damagedFilesNeverSurprise() {
    Random random = new Random(SEED);
    List<byte[]> seeds =
        List.of(
            classic(ByteOrder.LITTLE_ENDIAN, ClassicFormat.MAGIC_MICROSECONDS),
            classic(ByteOrder.BIG_ENDIAN, ClassicFormat.MAGIC_NANOSECONDS),
            pcapng(ByteOrder.LITTLE_ENDIAN),
            pcapng(ByteOrder.BIG_ENDIAN));
    int refused = 0;
    for (int round = 0; round < 10_000; round++) {
      byte[] file = seeds.get(random.nextInt(seeds.size())).clone();
      int damages = 1 + random.nextInt(4);
      for (int i = 0; i < damages; i++) {
        int at = random.nextInt(file.length);
        switch (random.nextInt(4)) {
          case 0 -> file[at] ^= (byte) (1 << random.nextInt(8));
          case 1 -> file[at] = (byte) random.nextInt();
          case 2 -> Arrays.fill(file, at, Math.min(file.length, at + 4), (byte) 0xff);
          default -> file = Arrays.copyOf(file, Math.max(1, at));
        }
      }
      try {
        List<Frame> frames = readAll(file);
        assertThat(frames.size()).isLessThan(file.length);
      } catch (PcapException e) {
        assertThat(e.offset())
            .as("seed %d round %d", SEED, round)
            .isBetween(0L, (long) file.length);
        refused++;
      } catch (IOException | RuntimeException e) {
        throw new AssertionError("seed " + SEED + " round " + round, e);
      }
    }
    assertThat(refused).isBetween(2_000, 9_999);
  }

  @Test
  void aTraceKeepsFramesAndTimesAndLeavesOutLongOnes(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("trace.pcap");
    try (PcapWriter writer = PcapWriter.create(file)) {
      for (int i = 0; i < 1000; i++) {
        byte[] bytes = new byte[i % 10 == 9 ? 2000 : 60 + i];
        Arrays.fill(bytes, (byte) i);
        writer.frame(1_000_000_000L + i * 10L, bytes, 0, bytes.length);
      }
    }
    PcapTrace trace = PcapTrace.load(file, 1100);
    assertThat(trace.frames()).isEqualTo(900);
    assertThat(trace.tooLong()).isEqualTo(100);
    assertThat(trace.length(899)).isEqualTo(60 + 998);
    assertThat(trace.elapsedNs(899)).isEqualTo(9980);
    assertThat(trace.bytes()[trace.offset(899)]).isEqualTo((byte) 998);
    assertThatThrownBy(() -> PcapTrace.load(file, 59))
        .isInstanceOf(PcapException.class)
        .hasMessageContaining("no frame of at most 59 bytes (1000 are longer)");
  }

  @Test
  void tcpdumpReadsWhatIsWritten(@TempDir Path directory) throws Exception {
    if (!Files.isExecutable(Path.of("/usr/bin/tcpdump"))) {
      if ("true".equals(System.getenv("CI"))) {
        throw new AssertionError("tcpdump is missing: apt-get install tcpdump");
      }
      Assumptions.abort("tcpdump is missing: apt-get install tcpdump");
    }
    Path file = directory.resolve("out.pcap");
    byte[] frame = new byte[60];
    frame[12] = 0x08;
    frame[13] = 0x06;
    try (PcapWriter writer = PcapWriter.create(file)) {
      for (int i = 0; i < 3; i++) {
        writer.frame(1_700_000_000_123_456_789L + i, frame, 0, frame.length);
      }
    }
    Process tcpdump =
        new ProcessBuilder("/usr/bin/tcpdump", "-nn", "-e", "-tt", "--nano", "-r", file.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(tcpdump.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(tcpdump.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(tcpdump.exitValue()).as(output).isZero();
    assertThat(output)
        .contains("1700000000.123456789", "1700000000.123456791", "ethertype ARP", "length 60");
  }
}
