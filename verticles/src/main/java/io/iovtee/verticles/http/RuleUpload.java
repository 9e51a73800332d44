// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.flow.text.FlowSyntaxException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Bodies of OVS text, one rule or command a line, of any length that a table may need: read a piece
 * at a time off the event loop, while the client waits with the next piece. What follows gets all
 * that was read, so one request is still one change, all or none.
 *
 * @param <T> what a line says
 */
final class RuleUpload<T> implements Handler<RoutingContext> {
  /** Longest body: two million rules, as many as a table takes, of 256 bytes. */
  static final long LENGTH_MAX = 512L << 20;

  /** Most rules or commands in a body: as many rules as a table takes. */
  static final int COUNT_MAX = 2_000_000;

  /**
   * Heap that a rule of a body may come to take, bytes: read, in the table, and beside the one that
   * it takes the place of. A JVM without heap ends, and with it all that the switch forwards.
   */
  static final int HEAP_PER_RULE = 3_000;

  /** Read at a time. A body up to here takes no turn in {@link #LONG_MAX}. */
  static final int PIECE_LENGTH = 1 << 20;

  /** Parsed at a time, in characters. */
  private static final int SLICE_LENGTH = 1 << 16;

  /** Longer than any line that the parser takes. */
  static final int LINE_LENGTH_MAX = 1 << 16;

  /** Long bodies at a time: each holds its rules in memory until it was answered. */
  static final int LONG_MAX = 1;

  /** A long body that has not come by then gives its turn to others. */
  static final long TIME_MAX_MS = 300_000;

  private static final String KEY = RuleUpload.class.getName();
  private static final String READING = KEY + ".Reading";

  private final Parser<T> parser;
  private final Semaphore turns;
  private final long timeMaxMs;

  /** Reads all lines of a piece. */
  @FunctionalInterface
  interface Parser<T> {
    List<T> parse(String text, int firstLine);
  }

  /**
   * @param turns {@link #LONG_MAX}, for all uploads of a server together
   */
  RuleUpload(Parser<T> parser, Semaphore turns) {
    this(parser, turns, TIME_MAX_MS);
  }

  /** As above with a limit of the test's. */
  RuleUpload(Parser<T> parser, Semaphore turns, long timeMaxMs) {
    this.parser = parser;
    this.turns = turns;
    this.timeMaxMs = timeMaxMs;
  }

  /** Rules or commands that a body may have in a heap of so many bytes. */
  static int countMax(long heap) {
    return (int) Math.min(COUNT_MAX, heap / HEAP_PER_RULE);
  }

  /** Whether the body has been read by one of these. */
  static boolean isRead(RoutingContext request) {
    return request.get(KEY) != null;
  }

  /** Whether the client waits with the next piece until the one before is read. */
  static boolean isParsing(RoutingContext request) {
    RuleUpload<?>.Reading reading = request.get(READING);
    return reading != null && !reading.parsing.isComplete();
  }

  /**
   * What the body says.
   *
   * @return null if it was not text
   * @throws HttpProblem if it can not be read
   */
  @SuppressWarnings("unchecked") // a route reads what its own upload has left
  static <T> @Nullable List<T> said(RoutingContext request) {
    Object result = request.get(KEY);
    if (result instanceof RuntimeException problem) {
      throw problem;
    }
    return (List<T>) result;
  }

  @Override
  public void handle(RoutingContext request) {
    if (RequestBody.isText(request)) {
      new Reading(request).start();
    } else {
      request.next();
    }
  }

  /** One body. All but {@link #parse} on the event loop. */
  private final class Reading {
    private final RoutingContext context;
    private final HttpServerRequest request;
    private final List<T> read = new ArrayList<>();
    private Buffer piece = Buffer.buffer();
    private int linesBefore;
    private long length;
    private boolean hasTurn;
    private boolean done;
    private @Nullable RuntimeException problem;
    private Future<?> parsing = Future.succeededFuture();
    private long timer = -1;

    Reading(RoutingContext context) {
      this.context = context;
      request = context.request();
    }

    void start() {
      context.put(READING, this);
      if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
        context.response().writeContinue();
      }
      request.exceptionHandler(_ -> end());
      request.handler(this::add);
      request.endHandler(_ -> parsing.onComplete(_ -> finish()));
    }

    private void add(Buffer more) {
      length += more.length();
      if (length > LENGTH_MAX && !done) {
        refuse(HttpProblem.bodyTooLong(LENGTH_MAX));
        context.addEndHandler(_ -> request.connection().close());
        proceed();
      }
      if (problem != null) {
        return; // read to its end, so that the client sees the answer
      }
      piece.appendBuffer(more);
      if (piece.length() >= PIECE_LENGTH && mayBeLong()) {
        request.pause();
        parsing =
            parse(false)
                .onComplete(_ -> {
                  if (!done) {
                    request.resume();
                  }
                });
      }
    }

    private boolean mayBeLong() {
      if (!hasTurn && !turns.tryAcquire()) {
        refuse(
            HttpProblem.unavailable(
                "another body of more than " + PIECE_LENGTH + " bytes is being read; try again"));
        return false;
      }
      if (!hasTurn) {
        hasTurn = true;
        context.addEndHandler(_ -> turns.release()); // its rules are in memory until then
        timer = context.vertx().setTimer(timeMaxMs, _ -> tooSlow());
      }
      return true;
    }

    private void tooSlow() {
      request.connection().close();
      end();
    }

    /** Reads the lines that are there wholly; with the last piece also one without an end. */
    private Future<?> parse(boolean last) {
      int end = last ? piece.length() : endOfLines();
      if (piece.length() - end > LINE_LENGTH_MAX) {
        refuse(HttpProblem.badRequest("a line has more than " + LINE_LENGTH_MAX + " bytes"));
        return Future.succeededFuture();
      }
      byte[] bytes = piece.getBytes(0, end);
      piece = piece.getBuffer(end, piece.length());
      return context
          .vertx()
          .executeBlocking(
              () -> {
                parse(bytes);
                return true;
              },
              false)
          .onFailure(failure -> refuse(problemOf(failure)));
    }

    private int endOfLines() {
      int end = piece.length();
      while (end > 0 && piece.getByte(end - 1) != '\n') {
        end--;
      }
      return end;
    }

    /** On a worker, one piece after the other. */
    private void parse(byte[] bytes) throws CharacterCodingException {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      // In slices: a range of ports is up to thirty rules, and all count before more are read.
      for (int from = 0; from < text.length(); ) {
        int end = text.indexOf('\n', from + SLICE_LENGTH);
        int to = end < 0 ? text.length() : end + 1;
        parseSlice(text.substring(from, to));
        from = to;
      }
    }

    private void parseSlice(String text) {
      read.addAll(parser.parse(text, linesBefore + 1));
      int countMax = countMax(Runtime.getRuntime().maxMemory());
      if (read.size() > countMax) {
        throw HttpProblem.badRequest(
            "a body may have at most %d rules or commands, this one has more; %s"
                .formatted(
                    countMax,
                    countMax < COUNT_MAX ? "a bigger heap (-Xmx) takes more" : "send several"));
      }
      linesBefore += (int) text.lines().count();
    }

    private void refuse(RuntimeException why) {
      problem = problem == null ? why : problem;
      read.clear();
      piece = Buffer.buffer();
    }

    private void finish() {
      if (problem != null || done) {
        proceed();
      } else {
        parse(true).onComplete(_ -> proceed());
      }
    }

    private void proceed() {
      if (!done) {
        end();
        context.put(KEY, problem == null ? read : problem);
        context.next();
      }
    }

    private void end() {
      if (!done && hasTurn) {
        context.vertx().cancelTimer(timer);
      }
      done = true;
    }
  }

  private static RuntimeException problemOf(Throwable failure) {
    return switch (failure) {
      case FlowSyntaxException e -> HttpProblem.badRequest(String.valueOf(e.getMessage()));
      case CharacterCodingException _ -> HttpProblem.badRequest("the body is not UTF-8");
      case RuntimeException e -> e;
      default -> new IllegalStateException(failure);
    };
  }
}
