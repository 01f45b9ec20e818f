using System;
using System.Threading.Tasks;
using Laurel;

static class Unlock
{
    static void Main(string[] args)
    {
        RunAsync(args[0], args[1]).Wait();
    }

    static async Task RunAsync(string baseUrl, string titleId)
    {
        using (var laurel = new LaurelClient(baseUrl))
        {
            Json response = await laurel.CallAsync("ProgressService/UnlockAchievement", new Json
            {
                { "title_id", titleId }, { "player_id", "player-csharp" }, { "achievement_id", "first-lantern" }
            });
            Console.WriteLine("newly unlocked: " + response["newlyUnlocked"].AsBool);
            try
            {
                await laurel.CallAsync("ProgressService/UnlockAchievement", new Json { { "title_id", titleId }, { "achievement_id", "none" } });
            }
            catch (LaurelException error)
            {
                Console.WriteLine(error.Code + " " + error.Reason);
                foreach (var violation in error.Violations) Console.WriteLine(violation.Key + " " + violation.Value);
            }
        }
    }
}
