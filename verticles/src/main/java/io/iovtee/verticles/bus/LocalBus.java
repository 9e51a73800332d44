// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.bus;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageCodec;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The event bus of one process for typed, immutable messages. They are handed over, not copied, and
 * never leave the process.
 */
public final class LocalBus {
  /**
   * A request that nobody answered by then has failed: adding a port may take seconds, two million
   * rules half a minute.
   */
  private static final long REQUEST_TIMEOUT_MS = 120_000;

  private static final String CODEC = "iovtee-local";

  private static final DeliveryOptions OPTIONS =
      new DeliveryOptions()
          .setCodecName(CODEC)
          .setLocalOnly(true)
          .setSendTimeout(REQUEST_TIMEOUT_MS);

  private final EventBus bus;

  public LocalBus(Vertx vertx) {
    bus = vertx.eventBus();
  }

  /** Once per Vert.x, before anything is sent. */
  public static void register(Vertx vertx) {
    vertx.eventBus().registerCodec(new HandOver());
  }

  /** Tells all consumers at the address. */
  public void publish(String address, Object event) {
    bus.publish(address, event, OPTIONS);
  }

  /**
   * Asks the one consumer at the address.
   *
   * @return its answer; fails with {@link io.vertx.core.eventbus.ReplyException}, whose code is
   *     that of a {@link Refusal}
   */
  public <T> Future<T> request(String address, Object message) {
    return bus.<T>request(address, message, OPTIONS).map(Message::body);
  }

  /** Listens on the calling verticle's context. */
  public <T> MessageConsumer<T> listen(String address, Consumer<T> consumer) {
    return bus.localConsumer(address, message -> consumer.accept(message.body()));
  }

  /**
   * Answers requests on the calling verticle's context.
   *
   * @param refusalOf names what a failure means for the one who asked
   */
  public <T, R> MessageConsumer<T> answer(
      String address, Function<T, Future<R>> answerer, Function<Throwable, Refusal> refusalOf) {
    return bus.localConsumer(
        address,
        message -> {
          Future<R> answer;
          try {
            answer = answerer.apply(message.body());
          } catch (RuntimeException e) {
            answer = Future.failedFuture(e);
          }
          answer
              .onSuccess(result -> message.reply(result, OPTIONS))
              .onFailure(failure ->
                  message.fail(
                      refusalOf.apply(failure).code(), String.valueOf(failure.getMessage())));
        });
  }

  /** Passes the object itself; refuses to put it on a wire. */
  private static final class HandOver implements MessageCodec<Object, Object> {
    @Override
    public void encodeToWire(Buffer buffer, Object message) {
      throw new UnsupportedOperationException("local messages do not leave the process");
    }

    @Override
    public Object decodeFromWire(int position, Buffer buffer) {
      throw new UnsupportedOperationException("local messages do not come from elsewhere");
    }

    @Override
    public Object transform(Object message) {
      return message;
    }

    @Override
    public String name() {
      return CODEC;
    }

    @Override
    public byte systemCodecID() {
      return -1;
    }
  }
}
