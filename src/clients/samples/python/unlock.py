import sys
import uuid

import grpc
from google.rpc import error_details_pb2, status_pb2
from laurel.v1 import progress_service_pb2, progress_service_pb2_grpc

address, title_id = sys.argv[1:3]
progress = progress_service_pb2_grpc.ProgressServiceStub(grpc.insecure_channel(address))


def unlock(achievement_id, player_id):
    request = progress_service_pb2.UnlockAchievementRequest(
        title_id=title_id, player_id=player_id, achievement_id=achievement_id, request_id=str(uuid.uuid4()))
    return progress.UnlockAchievement(request, timeout=30)


def details(error):
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo):
                    message = kind()
                    if detail.Unpack(message):
                        yield message


print("newly unlocked:", unlock("first-lantern", "player-python").newly_unlocked)
try:
    unlock("none", "")
except grpc.RpcError as error:
    for detail in details(error):
        if isinstance(detail, error_details_pb2.ErrorInfo):
            print(error.code().name, detail.reason)
        if isinstance(detail, error_details_pb2.BadRequest):
            for violation in detail.field_violations:
                print(violation.field, violation.description)
