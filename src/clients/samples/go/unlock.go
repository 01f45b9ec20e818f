package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"example.com/laurel"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

func main() {
	connection, err := grpc.Dial(os.Args[1], grpc.WithInsecure())
	if err != nil {
		panic(err)
	}
	progress := laurel.NewProgressServiceClient(connection)
	unlock := func(achievement, player string) (*laurel.UnlockAchievementResponse, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		return progress.UnlockAchievement(ctx, &laurel.UnlockAchievementRequest{
			TitleId: os.Args[2], PlayerId: player, AchievementId: achievement,
			RequestId: fmt.Sprint(time.Now().UnixNano()),
		})
	}

	response, err := unlock("first-lantern", "player-go")
	if err != nil {
		panic(err)
	}
	fmt.Println("newly unlocked:", response.NewlyUnlocked)

	_, err = unlock("none", "")
	failure := status.Convert(err)
	for _, detail := range failure.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			fmt.Println(failure.Code(), detail.Reason)
		case *errdetails.BadRequest:
			for _, violation := range detail.FieldViolations {
				fmt.Println(violation.Field, violation.Description)
			}
		}
	}
}
