import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import laurel.v1.ProgressServiceGrpc;
import laurel.v1.ProgressServiceOuterClass.UnlockAchievementRequest;
import laurel.v1.ProgressServiceOuterClass.UnlockAchievementResponse;

class Unlock {
  public static void main(String[] args) throws Exception {
    ManagedChannel channel = ManagedChannelBuilder.forTarget(args[0]).usePlaintext().build();
    System.out.println("newly unlocked: " + unlock(channel, args[1], "first-lantern", "player-java").getNewlyUnlocked());
    try {
      unlock(channel, args[1], "none", "");
    } catch (StatusRuntimeException error) {
      for (Any detail : StatusProto.fromThrowable(error).getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          System.out.println(error.getStatus().getCode() + " " + detail.unpack(ErrorInfo.class).getReason());
        } else if (detail.is(BadRequest.class)) {
          for (BadRequest.FieldViolation violation : detail.unpack(BadRequest.class).getFieldViolationsList()) {
            System.out.println(violation.getField() + " " + violation.getDescription());
          }
        }
      }
    }
    channel.shutdownNow();
  }

  static UnlockAchievementResponse unlock(ManagedChannel channel, String title, String achievement, String player) {
    UnlockAchievementRequest request = UnlockAchievementRequest.newBuilder()
        .setTitleId(title).setPlayerId(player).setAchievementId(achievement)
        .setRequestId(UUID.randomUUID().toString()).build();
    return ProgressServiceGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS).unlockAchievement(request);
  }
}
