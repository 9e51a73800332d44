// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.iovtee.vswitch.frames.TestFrameReader;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.nic.pcap.PcapWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the emulated NIC receives from its null load, its generator and its replay. */
class TrafficTest {
  private final HostPool pool = HostPool.create(8192, false);
  private final Driver driver = new Driver(pool, 8192);
  private final List<SoftNic> opened = new ArrayList<>();
  private long nowNs = 1_000_000_000_000L;

  @AfterEach
  void closeAll() {
    opened.forEach(SoftNic::close);
    pool.close();
  }

  private SoftNic open(Map<String, ?> section, Map<String, ?> traffic) {
    Map<String, Object> all = new HashMap<>(section);
    all.putIfAbsent("dma", "inline");
    all.put("traffic", traffic);
    SoftNic nic =
        SoftNic.open(
            "uplink",
            SoftNicConfig.of(all),
            DmaWindow.pool(pool.baseAddress(), pool.length()),
            1,
            all.get("dma").equals("inline") ? () -> nowNs : System::nanoTime);
    opened.add(nic);
    return nic;
  }

  private static int u16(byte[] frame, int offset) {
    return ByteBuffer.wrap(frame).getShort(offset) & 0xffff;
  }

  /** Checks lengths and the IPv4 checksum; returns where the payload starts. */
  private static int checkHeaders(byte[] frame) {
    int l3 = u16(frame, 12) == 0x8100 ? 18 : 14;
    assertThat(u16(frame, l3 - 2)).isEqualTo(0x0800);
    assertThat(u16(frame, l3 + 2)).as("IPv4 total length").isEqualTo(frame.length - l3);
    assertThat(u16(frame, l3 + 24)).as("UDP length").isEqualTo(frame.length - l3 - 20);
    int sum = 0;
    for (int i = 0; i < 20; i += 2) {
      sum += u16(frame, l3 + i);
    }
    while (sum > 0xffff) {
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    assertThat(sum).as("IPv4 checksum").isEqualTo(0xffff);
    return l3 + 28;
  }

  @Test
  void generatedFramesAreValidInAllFieldsAndLengths() {
    for (boolean tagged : new boolean[] {false, true}) {
      Map<String, Object> traffic = new HashMap<>();
      traffic.put("type", "generator");
      traffic.put("frame-bytes", "60-1514");
      traffic.put("flows", 7);
      traffic.put("count", 3000);
      traffic.put("dl-dst", "02:00:00:00:00:fe-02:00:00:00:01:00");
      traffic.put("dl-src", "fe:ff:ff:ff:ff:ff");
      traffic.put("nw-src", "255.255.255.0-255.255.255.255");
      traffic.put("nw-dst", "10.9.8.7");
      traffic.put("tp-src", "65530-65535");
      traffic.put("tp-dst", 4789);
      if (tagged) {
        traffic.put("dl-vlan", 4095);
      }
      SoftNic nic = open(Map.of(), traffic);
      List<byte[]> frames = driver.pollAll(nic.rxQueue(0), 3);
      assertThat(frames).hasSize(3000);
      int[] lengths = new int[1515];
      for (int i = 0; i < frames.size(); i++) {
        byte[] frame = frames.get(i);
        int payload = checkHeaders(frame);
        int flow = i % 7;
        ByteBuffer view = ByteBuffer.wrap(frame);
        assertThat(view.getLong(0) >>> 16).isEqualTo(0x0200_0000_00feL + flow % 3);
        assertThat(view.getLong(6) >>> 16).isEqualTo(0xfeff_ffff_ffffL);
        assertThat(view.getInt(payload - 16)).as("nw_src").isEqualTo(0xffff_ff00 + flow);
        assertThat(view.getInt(payload - 12)).as("nw_dst").isEqualTo(0x0a09_0807);
        assertThat(u16(frame, payload - 8)).as("tp_src").isEqualTo(65_530 + flow % 6);
        assertThat(u16(frame, payload - 6)).as("tp_dst").isEqualTo(4789);
        for (int at = payload; at < frame.length; at++) {
          assertThat(frame[at]).isEqualTo((byte) at);
        }
        lengths[frame.length]++;
      }
      assertThat(Arrays.stream(lengths).filter(n -> n > 0).count()).isGreaterThan(800);
      assertThat(nic.rxQueue(0).counters()).containsEntry("rx_missed", 0L);
      nic.close();
      List<Integer> left = new ArrayList<>();
      nic.rxQueue(0).rebind((io.iovtee.vswitch.memory.GuestMemory) null, (o, t) -> left.add(t));
      left.forEach(driver.chunks::give);
    }
  }

  @Test
  void imixHasItsShares() {
    FrameSizes imix = FrameSizes.parse("imix", 7, 1518);
    Map<Integer, Integer> count = new HashMap<>();
    for (int i = 0; i < 4096; i++) {
      count.merge(imix.of(0, i), 1, Integer::sum);
    }
    assertThat(count.keySet()).containsExactlyInAnyOrder(60, 590, 1514);
    assertThat(count.get(60)).isEqualTo(2391);
    assertThat(count.get(590)).isEqualTo(1364);
    assertThat(count.get(1514)).isEqualTo(341);
    assertThat(
            FrameSizes.parse("imix", 8, 1518).of(0, 1) * 7 + FrameSizes.parse("60", 1, 60).of(9, 9))
        .isPositive();
  }

  @Test
  void testFramesAreWhatReceiversCheck() {
    SoftNic nic =
        open(
            Map.of(),
            Map.of(
                "type",
                "generator",
                "payload",
                "test-frame",
                "flows",
                3,
                "count",
                100,
                "frame-bytes",
                "imix",
                "tenant",
                "7-8"));
    List<byte[]> frames = driver.pollAll(nic.rxQueue(0), 3);
    assertThat(frames).hasSize(100);
    long[] next = new long[3];
    TestFrameReader reader = new TestFrameReader();
    for (byte[] frame : frames) {
      checkHeaders(frame);
      assertThat(reader.read(frame, 0, frame.length)).isEqualTo(TestFrameReader.Verdict.GOOD);
      assertThat(reader.sequence()).isEqualTo(next[reader.flow()]++);
      assertThat(reader.tenant()).isEqualTo(7 + reader.flow() % 2);
    }
    assertThat(next).containsExactly(34, 33, 33);
  }

  /** The same configuration gives each queue the same frames, whoever emulates the hardware. */
  @Test
  void threadAndInlineGiveTheSameFrames() {
    Map<String, Object> traffic =
        Map.of(
            "type",
            "generator",
            "flows",
            40,
            "count",
            5000,
            "frame-bytes",
            "60-300",
            "payload",
            "test-frame");
    List<List<List<byte[]>>> runs = new ArrayList<>();
    for (String dma : List.of("inline", "thread")) {
      SoftNic nic = open(Map.of("dma", dma, "queues", 4, "ring-size", 128), traffic);
      List<List<byte[]>> queues =
          List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      int total = 0;
      long deadline = System.nanoTime() + 20_000_000_000L;
      while (total < 5000) {
        assertThat(System.nanoTime()).as("waited in vain").isLessThan(deadline);
        for (int q = 0; q < 4; q++) {
          driver.post(nic.rxQueue(q));
          List<byte[]> frames = driver.poll(nic.rxQueue(q));
          queues.get(q).addAll(frames);
          total += frames.size();
        }
      }
      runs.add(queues);
    }
    for (int q = 0; q < 4; q++) {
      List<byte[]> inline = runs.get(0).get(q);
      assertThat(inline).as("queue %d", q).hasSizeGreaterThan(500);
      assertThat(runs.get(1).get(q)).as("queue %d", q).hasSameSizeAs(inline);
      for (int i = 0; i < inline.size(); i++) {
        assertThat(runs.get(1).get(q).get(i))
            .as("queue %d frame %d", q, i)
            .isEqualTo(inline.get(i));
      }
    }
  }

  @Test
  void aRateIsKeptByTheClockAndLateFramesAreMissed() {
    SoftNic nic =
        open(
            Map.of("ring-size", 256),
            Map.of("type", "generator", "rate-pps", 1_000_000, "flows", 2));
    SoftRxQueue queue = nic.rxQueue(0);
    assertThat(driver.poll(queue)).as("a sender waits for the link").isEmpty();
    nowNs += 1_000_000_000L;
    driver.post(queue);
    assertThat(driver.poll(queue)).as("the first frame is due at once").hasSize(1);
    int received = 1;
    for (int i = 1; i <= 1000; i++) {
      driver.post(queue);
      nowNs += 10_000;
      received += driver.poll(queue).size();
      assertThat(received).isEqualTo(1 + i * 10);
    }
    assertThat(queue.counters()).containsEntry("rx_missed", 0L);
    // One second late: the ring takes 256 frames, what was due before them was missed.
    nowNs += 1_000_000_000L;
    driver.post(queue);
    received = driver.pollAll(queue, 2).size();
    long missed = queue.counters().get("rx_missed");
    assertThat(received).isBetween(256, 257);
    assertThat(missed + received).isEqualTo(1_000_000);
  }

  @Test
  void aRateFindsNoDescriptors() {
    SoftNic nic =
        open(Map.of("ring-size", 64), Map.of("type", "generator", "rate-pps", 1000, "count", 100));
    SoftRxQueue queue = nic.rxQueue(0);
    driver.post(queue, 10);
    driver.poll(queue);
    nowNs += 50_000_000;
    assertThat(driver.poll(queue)).hasSize(9);
    assertThat(queue.counters()).containsEntry("rx_missed", 41L);
    nowNs += 50_000_000_000L;
    driver.post(queue, 64);
    assertThat(driver.pollAll(queue, 2)).hasSize(49);
  }

  @Test
  void withBackpressureARatedSenderLosesNothing() {
    SoftNic nic =
        open(
            Map.of("ring-size", 64),
            Map.of(
                "type",
                "generator",
                "rate-pps",
                1000,
                "count",
                1000,
                "backpressure",
                true,
                "payload",
                "test-frame"));
    SoftRxQueue queue = nic.rxQueue(0);
    driver.post(queue, 3);
    driver.poll(queue);
    nowNs += 10_000_000_000L;
    List<byte[]> frames = new ArrayList<>(driver.poll(queue));
    assertThat(frames).hasSize(2);
    frames.addAll(driver.pollAll(queue, 2));
    assertThat(frames).hasSize(999);
    TestFrameReader reader = new TestFrameReader();
    reader.read(frames.get(998), 0, 60);
    assertThat(reader.sequence()).isEqualTo(999);
    assertThat(queue.counters()).containsEntry("rx_missed", 0L);
  }

  @Test
  void pacerDoesNotDrift() {
    Pacer pacer = new Pacer(3);
    pacer.start(77);
    assertThat(pacer.due(77)).isEqualTo(1);
    assertThat(pacer.due(77 + 333_333_333L)).isEqualTo(1);
    assertThat(pacer.due(77 + 333_333_334L)).isEqualTo(2);
    assertThat(pacer.due(77 + 86_400_000_000_000L * 365)).isEqualTo(1 + 3L * 86_400 * 365);
  }

  @Test
  void steeringMovesAFlowWithoutLossOrDoubling() {
    SoftNic nic =
        open(
            Map.of("queues", 2),
            Map.of(
                "type",
                "generator",
                "payload",
                "test-frame",
                "flows",
                4,
                "count",
                4000,
                "dl-dst",
                "02:00:00:00:00:11-02:00:00:00:00:14"));
    long[] next = new long[4];
    TestFrameReader reader = new TestFrameReader();
    int total = 0;
    for (int round = 0; total < 4000; round++) {
      if (round % 3 == 0) {
        nic.rxQueue(round / 3 % 2).steer("dl_dst=02:00:00:00:00:12");
      }
      for (int q = 0; q < 2; q++) {
        driver.post(nic.rxQueue(q));
        for (byte[] frame : driver.poll(nic.rxQueue(q))) {
          reader.read(frame, 0, frame.length);
          assertThat(reader.sequence()).isEqualTo(next[reader.flow()]++);
          total++;
        }
      }
    }
    assertThat(next).containsExactly(1000, 1000, 1000, 1000);
  }

  @Test
  void pausedTrafficStopsAndGoesOn() {
    SoftNic nic = open(Map.of(), Map.of("type", "generator"));
    driver.post(nic.rxQueue(0));
    nic.pauseTraffic(true);
    assertThat(driver.poll(nic.rxQueue(0))).isEmpty();
    nic.pauseTraffic(false);
    assertThat(driver.poll(nic.rxQueue(0))).hasSize(DmaEngine.BURST);
  }

  @Test
  void nullWritesHeadersOnceABufferAndAgainWhenTheyWereChanged() {
    SoftNic nic = open(Map.of("ring-size", 64), Map.of("type", "null", "frame-bytes", 1514));
    SoftRxQueue queue = nic.rxQueue(0);
    driver.post(queue);
    List<byte[]> frames = driver.poll(queue);
    assertThat(frames).hasSize(64);
    frames.forEach(TrafficTest::checkHeaders);
    long buffer = driver.batch.address[0];
    // As a network function that swaps addresses and writes a payload.
    AddressSpace.putByte(buffer, (byte) 0xfe);
    AddressSpace.putByte(buffer + 40, (byte) 0x5a);
    driver.post(queue);
    driver.poll(queue);
    assertThat(AddressSpace.getByte(buffer)).isEqualTo(frames.get(0)[0]);
    assertThat(AddressSpace.getByte(buffer + 40)).isEqualTo((byte) 0x5a);
    AddressSpace.putByte(buffer + 11, (byte) 0xfe);
    driver.post(queue);
    driver.poll(queue);
    assertThat(AddressSpace.getByte(buffer + 11)).isEqualTo(frames.get(0)[11]);
    for (int changed : new int[] {12, 13, 14, 16, 17, 18, 19}) {
      AddressSpace.putByte(buffer + changed, (byte) ~AddressSpace.getByte(buffer + changed));
      driver.post(queue);
      for (byte[] frame : driver.poll(queue)) {
        assertThat(frame).startsWith(Arrays.copyOf(frames.get(0), 40));
      }
    }
    assertThat(AddressSpace.getByte(buffer + 40)).isNotEqualTo((byte) 0x5a);
  }

  @Test
  void nullWithCopyWritesTheWholeFrameEachTime() {
    SoftNic nic =
        open(Map.of("ring-size", 64), Map.of("type", "null", "frame-bytes", 1000, "copy", true));
    SoftRxQueue queue = nic.rxQueue(0);
    driver.post(queue);
    byte[] frame = driver.poll(queue).get(0);
    long buffer = driver.batch.address[0];
    AddressSpace.fill(buffer, 1000, (byte) 0);
    driver.post(queue);
    driver.poll(queue);
    byte[] again = new byte[1000];
    AddressSpace.copyToArray(buffer, again, 0, 1000);
    assertThat(again).isEqualTo(frame);
    assertThat(again[999]).isEqualTo((byte) 999);
  }

  @Test
  void nullGivesEachQueueItsFlowUnlessSteered() {
    SoftNic nic =
        open(
            Map.of("queues", 2),
            Map.of("type", "null", "dl-dst", "02:00:00:00:00:11-02:00:00:00:00:12"));
    for (int q = 0; q < 2; q++) {
      driver.post(nic.rxQueue(q), 64);
      List<byte[]> frames = driver.poll(nic.rxQueue(q));
      assertThat(frames).hasSize(64);
      for (byte[] frame : frames) {
        assertThat(frame[5]).isEqualTo((byte) (0x11 + q));
      }
    }
    assertThat(nic.rxQueue(0).steer("dl_dst=02:00:00:00:00:12")).isTrue();
    for (int q = 0; q < 2; q++) {
      driver.post(nic.rxQueue(q), 64);
      for (byte[] frame : driver.poll(nic.rxQueue(q))) {
        assertThat(frame[5]).as("exchanged").isEqualTo((byte) (0x12 - q));
      }
    }
    assertThat(nic.rxQueue(1).filter("dl_dst=02:00:00:00:00:99")).isTrue();
    driver.post(nic.rxQueue(1), 64);
    assertThat(driver.poll(nic.rxQueue(1))).isEmpty();
  }

  @Test
  void aRatedSendersFilteredFramesAreCounted() {
    SoftNic nic =
        open(
            Map.of(),
            Map.of(
                "type",
                "generator",
                "rate-pps",
                1000,
                "flows",
                4,
                "backpressure",
                true,
                "dl-dst",
                "02:00:00:00:00:11-02:00:00:00:00:14"));
    SoftRxQueue queue = nic.rxQueue(0);
    assertThat(queue.filter("dl_dst=02:00:00:00:00:12")).isTrue();
    driver.post(queue);
    driver.poll(queue);
    nowNs += 99_000_000;
    assertThat(driver.pollAll(queue, 2)).hasSize(25);
    assertThat(queue.counters()).containsEntry("rx_filtered", 75L);
  }

  @Test
  void pollingAllocatesNothing() {
    SoftNic nic =
        open(Map.of("queues", 2, "ring-size", 256), Map.of("type", "null", "frame-bytes", 64));
    SoftNic made =
        open(Map.of("ring-size", 256), Map.of("type", "generator", "frame-bytes", "imix"));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().threadId();
    for (int i = 0; i < 20_000; i++) {
      cycle(nic.rxQueue(0));
      cycle(made.rxQueue(0));
    }
    long before = threads.getThreadAllocatedBytes(self);
    for (int i = 0; i < 20_000; i++) {
      cycle(nic.rxQueue(0));
      cycle(made.rxQueue(0));
    }
    long allocated = threads.getThreadAllocatedBytes(self) - before;
    assertThat(allocated).as("bytes in 40000 polls").isLessThan(20_000);
  }

  /** One duty cycle without the conveniences of {@link Driver}. */
  private void cycle(SoftRxQueue queue) {
    driver.batch.clear();
    int n = queue.poll(driver.batch);
    for (int i = 0; i < n; i++) {
      driver.chunks.give(driver.batch.token[i]);
    }
    driver.list.count = 0;
    int free = Math.min(64, queue.freeSlots());
    for (int i = 0; i < free; i++) {
      int chunk = driver.chunks.take();
      driver.list.add(driver.chunks.frameAddress(chunk), chunk);
    }
    queue.post(driver.list, 0, (byte) 0);
  }

  private static Path capture(Path directory, int frames, long gapNs) throws IOException {
    Path file = directory.resolve("in.pcap");
    try (PcapWriter writer = PcapWriter.create(file)) {
      for (int i = 0; i < frames; i++) {
        byte[] frame = new byte[60];
        frame[20] = (byte) i;
        writer.frame(5_000_000_000L + i * gapNs, frame, 0, frame.length);
      }
    }
    return file;
  }

  @Test
  void replaysAtRecordedSpeed(@TempDir Path directory) throws IOException {
    Path file = capture(directory, 5, 1000);
    SoftNic nic = open(Map.of(), Map.of("type", "pcap", "file", file.toString(), "loop", 2));
    SoftRxQueue queue = nic.rxQueue(0);
    driver.post(queue);
    List<Integer> arrivals = new ArrayList<>();
    for (int step = 0; step < 30; step++) {
      for (byte[] frame : driver.poll(queue)) {
        arrivals.add(step * 10 + frame[20]);
      }
      nowNs += 500;
    }
    // Every second step of 500 ns; the second round starts one gap after the first one's end.
    assertThat(arrivals).containsExactly(0, 21, 42, 63, 84, 100, 121, 142, 163, 184);
  }

  @Test
  void replaysAtAFixedRateAndAsFastAsDescriptorsCome(@TempDir Path directory) throws IOException {
    Path file = capture(directory, 5, 1_000_000);
    SoftNic fixed =
        open(
            Map.of(),
            Map.of(
                "type",
                "pcap",
                "file",
                file.toString(),
                "speed",
                "fixed",
                "rate-pps",
                1000,
                "loop",
                0));
    driver.post(fixed.rxQueue(0), 5);
    assertThat(driver.poll(fixed.rxQueue(0))).hasSize(1);
    nowNs += 9_000_000;
    assertThat(driver.poll(fixed.rxQueue(0))).hasSize(4);
    assertThat(fixed.rxQueue(0).counters()).containsEntry("rx_missed", 5L);

    SoftNic max =
        open(
            Map.of(), Map.of("type", "pcap", "file", file.toString(), "speed", "max", "loop", 100));
    List<byte[]> frames = driver.pollAll(max.rxQueue(0), 2);
    assertThat(frames).hasSize(500);
    for (int i = 0; i < 500; i++) {
      assertThat(frames.get(i)[20]).isEqualTo((byte) (i % 5));
    }
    assertThat(max.rxQueue(0).counters()).containsEntry("rx_missed", 0L);
  }
}
