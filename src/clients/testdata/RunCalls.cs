// Makes the calls of calls.json: `mono RunCalls.exe <base URL> <calls>`. Prints the outcomes as run-calls.ts does.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Laurel;

static class RunCalls
{
    static void Main(string[] args)
    {
        var outcomes = new List<Json>();
        foreach (Json step in Json.Parse(File.ReadAllText(args[1]))) outcomes.Add(RunAsync(args[0], step).Result);
        byte[] text = Encoding.UTF8.GetBytes(Json.List(outcomes.ToArray()).ToString());
        Console.OpenStandardOutput().Write(text, 0, text.Length);
    }

    static async Task<Json> RunAsync(string baseUrl, Json step)
    {
        using (var client = new LaurelClient(baseUrl + "/" + step["name"].AsString))
        {
            try
            {
                return new Json { { "name", step["name"] }, { "responses", await ResponsesAsync(client, step) } };
            }
            catch (LaurelException error)
            {
                return new Json { { "name", step["name"] }, { "error", Describe(error) } };
            }
        }
    }

    static async Task<Json> ResponsesAsync(LaurelClient client, Json step)
    {
        TimeSpan? timeout = null;
        if (!step["timeoutMs"].IsNull) timeout = TimeSpan.FromMilliseconds(step["timeoutMs"].AsDouble);
        if (!step["call"].IsNull) return Json.List(await client.CallAsync(step["call"].AsString, step["request"], timeout));
        if (!step["stream"].IsNull) return await AllAsync(client.Stream(step["stream"].AsString, step["request"], timeout));
        if (!step["watch"].IsNull) return await WatchedAsync(client, step["watch"], step["until"].AsString);
        using (Stream document = File.OpenRead(step["document"].AsString))
            return await AllAsync(client.Upload(step["upload"].AsString, step["options"], document, timeout));
    }

    static async Task<Json> AllAsync(LaurelStream stream)
    {
        var found = new List<Json>();
        using (stream)
            for (Json response; (response = await stream.NextAsync()) != null;) found.Add(response);
        return Json.List(found.ToArray());
    }

    static async Task<Json> WatchedAsync(LaurelClient client, Json request, string until)
    {
        var found = new List<Json>();
        using (LaurelStream watch = client.Watch(request))
        {
            do found.AddRange((await watch.NextAsync())["events"]);
            while (found.All(item => item["achievementId"].AsString != until));
        }
        return Json.List(found.ToArray());
    }

    static Json Describe(LaurelException error)
    {
        var metadata = new Json();
        foreach (var entry in error.Metadata) metadata[entry.Key] = entry.Value;
        var violations = error.Violations.Select(violation => new Json { { "field", violation.Key }, { "description", violation.Value } });
        var description = new Json
        {
            { "code", error.Code }, { "message", error.Message }, { "reason", error.Reason }, { "domain", error.Domain },
            { "metadata", metadata }, { "violations", Json.List(violations.ToArray()) }
        };
        if (error.RetryAfter.HasValue) description["retryAfterMilliseconds"] = error.RetryAfter.Value.TotalMilliseconds;
        return description;
    }
}
