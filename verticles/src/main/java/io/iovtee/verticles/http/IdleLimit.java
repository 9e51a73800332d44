// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.vertx.core.Handler;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is on a connection. The server closes one on which nothing was sent or read for a
 * while; that is right while the client has something to do, and wrong while the switch works on
 * what it has got: two million rules take a slow machine longer than a client may be silent. First
 * of all routes.
 *
 * <p>Vert.x has no word for this, so its Netty pipeline is spoken to. Event loop.
 */
final class IdleLimit implements Handler<RoutingContext> {
  @Override
  public void handle(RoutingContext request) {
    HttpServerConnection connection = (HttpServerConnection) request.request().connection();
    ChannelPipeline pipeline = connection.channelHandlerContext().pipeline();
    Turn turn = pipeline.get(Turn.class);
    if (turn == null) {
      turn = new Turn();
      String limit = pipeline.context(IdleStateHandler.class).name();
      pipeline.addAfter(limit, Turn.class.getName(), turn);
    }
    turn.request = request;
    request.next();
  }

  /** Behind the limit of one connection: keeps from the server what is not the client's doing. */
  private static final class Turn extends ChannelInboundHandlerAdapter {
    private @Nullable RoutingContext request;
    private boolean wasOurs;

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
      if (event instanceof IdleStateEvent) {
        boolean justNow = wasOurs; // the client's time begins with its turn, not before
        wasOurs = isOurs(request);
        if (wasOurs || justNow) {
          return;
        }
      }
      super.userEventTriggered(context, event);
    }

    /** All of it has come, or no more of it is wanted now, and nothing was answered yet. */
    private static boolean isOurs(@Nullable RoutingContext request) {
      return request != null
          && (request.request().isEnded() || RuleUpload.isParsing(request))
          && !request.response().headWritten();
    }
  }
}
