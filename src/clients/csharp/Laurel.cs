// A client of Laurel over JSON and HTTP, in one file without dependencies, for .NET Standard 2.0 and Unity (C# 7.3).
//
//     var laurel = new LaurelClient("http://localhost:8080", new LaurelOptions { Token = () => token });
//     Json response = await laurel.CallAsync("ProgressService/UnlockAchievement", new Json {
//         { "title_id", "lanternfall" }, { "player_id", "player-1" }, { "achievement_id", "first-lantern" } });
//     if (response["newlyUnlocked"].AsBool) ...
//
// Requests and responses are the messages of proto/laurel/v1 in protobuf's JSON: members of a response are in lower camel case,
// a member with its default value is absent, a 64-bit number is a text. README.md explains the rest.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Laurel
{
    public sealed class LaurelOptions
    {
        /// <summary>Returns the current bearer token, for each attempt; null for none.</summary>
        public Func<string> Token;
        /// <summary>On whose behalf the calls are made, stored with events.</summary>
        public string Actor;
        /// <summary>The deadline of a call with one response, with all its attempts; Timeout.InfiniteTimeSpan for none.</summary>
        public TimeSpan Timeout = TimeSpan.FromSeconds(30);
        /// <summary>The maximum number of attempts of one call, the first included.</summary>
        public int MaxAttempts = 5;
        /// <summary>The first delay; each further one is twice as long. A random part of up to half is left out.</summary>
        public TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
        /// <summary>The longest delay, unless the server demands a longer one.</summary>
        public TimeSpan MaxDelay = TimeSpan.FromSeconds(5);
        /// <summary>Sends the requests. The default needs no configuration; the client does not dispose another one.</summary>
        public HttpMessageHandler Handler;
    }

    /// <summary>Calls the RPCs of a server. Safe for use by several threads.</summary>
    public sealed class LaurelClient : IDisposable
    {
        const string Package = "laurel.v1.";
        const int MaxConnections = 64;

        readonly string baseUrl;
        readonly LaurelOptions options;
        readonly HttpClient http;

        public LaurelClient(string baseUrl, LaurelOptions options = null)
        {
            this.baseUrl = baseUrl.TrimEnd('/');
            this.options = options ?? new LaurelOptions();
            var handler = this.options.Handler;
            // A redirect would repeat a call at another server; the default of two connections would let a watch block calls.
            http = handler == null
                ? new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, MaxConnectionsPerServer = MaxConnections })
                : new HttpClient(handler, false);
            http.Timeout = Timeout.InfiniteTimeSpan;
            http.DefaultRequestHeaders.ExpectContinue = false;
        }

        public void Dispose()
        {
            http.Dispose();
        }

        /// <summary>
        /// Calls an RPC with one response, such as "TitleService/GetTitle". Gives a request without a request id a new one, and repeats
        /// the call while it fails for a time, if it has a request id or the contract declares it free of side effects or idempotent.
        /// </summary>
        /// <exception cref="LaurelException">The call failed.</exception>
        /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
        public async Task<Json> CallAsync(string method, Json request = null, TimeSpan? timeout = null, CancellationToken token = default(CancellationToken))
        {
            bool isRepeatable = Rpcs.IsRepeatable(method);
            string body = Rpcs.WithRequestIds(method, request ?? new Json()).ToString();
            var deadline = new Deadline(timeout ?? options.Timeout, token);
            using (deadline)
            {
                for (int attempt = 1; ; attempt++)
                {
                    LaurelException failure;
                    try
                    {
                        var content = new StringContent(body, new UTF8Encoding(false), "application/json");
                        using (var response = await SendAsync(Package + method, content, deadline).ConfigureAwait(false))
                            return Json.Parse(await deadline.Guard(response, response.Content.ReadAsStringAsync()).ConfigureAwait(false));
                    }
                    catch (Exception error)
                    {
                        failure = deadline.FailureOf(error);
                    }
                    if (!isRepeatable || attempt >= options.MaxAttempts || !failure.IsTransient) throw failure;
                    TimeSpan delay = DelayOf(failure, attempt);
                    if (delay >= deadline.Remaining) throw failure;
                    await Task.Delay(delay, token).ConfigureAwait(false);
                }
            }
        }

        /// <summary>Calls an RPC with a stream of responses, such as "ExchangeService/ExportAchievements". It has no deadline by default.</summary>
        public LaurelStream Stream(string method, Json request, TimeSpan? timeout = null, CancellationToken token = default(CancellationToken))
        {
            var deadline = new Deadline(timeout ?? Timeout.InfiniteTimeSpan, token);
            return new ResponseStream(deadline, () => SendAsync(Package + method, Envelopes.Content(request), deadline), Envelopes.Open);
        }

        /// <summary>
        /// Sends a document to an RPC that takes one, such as "ExchangeService/ImportAchievements", with the other fields of its request
        /// as options. It is not repeated, and has no deadline by default.
        /// </summary>
        public LaurelStream Upload(string method, Json fields, Stream document, TimeSpan? timeout = null, CancellationToken token = default(CancellationToken))
        {
            var query = fields.Members.Select(member => Uri.EscapeDataString(member.Key) + "=" + Uri.EscapeDataString(member.Value.IsString ? member.Value.AsString : member.Value.ToString()));
            string path = "upload/" + Package + method + "?" + string.Join("&", query.ToArray());
            var deadline = new Deadline(timeout ?? Timeout.InfiniteTimeSpan, token);
            return new ResponseStream(deadline, () => SendAsync(path, new StreamContent(document), deadline), Lines.Open);
        }

        /// <summary>
        /// Watches the events of a title: a stream of the responses of WatchProgress, which resumes after each interruption from the last
        /// token that it returned. No event is lost, none is returned twice. Fails with an error that no retry mends, such as
        /// RESUME_TOKEN_EXPIRED.
        /// </summary>
        public LaurelStream Watch(Json request, CancellationToken token = default(CancellationToken))
        {
            return new WatchStream(this, request, token);
        }

        internal TimeSpan DelayOf(LaurelException failure, int attempt)
        {
            double first = options.FirstDelay.TotalMilliseconds;
            double random = RequestIds.RandomFraction();
            if (failure != null && failure.RetryAfter.HasValue)
                return failure.RetryAfter.Value + TimeSpan.FromMilliseconds(random * first);
            double backoff = Math.Min(options.MaxDelay.TotalMilliseconds, first * Math.Pow(2, Math.Min(attempt - 1, 30)));
            return TimeSpan.FromMilliseconds(backoff * (1 - random / 2));
        }

        async Task<HttpResponseMessage> SendAsync(string path, HttpContent content, Deadline deadline)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, baseUrl + "/" + path) { Content = content };
            request.Headers.Add("Connect-Protocol-Version", "1");
            if (deadline.IsSet)
                request.Headers.Add("Connect-Timeout-Ms", Math.Max(1, (long)deadline.Remaining.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
            string bearer = options.Token == null ? null : options.Token();
            if (bearer != null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
            if (options.Actor != null) request.Headers.Add("Laurel-Actor", options.Actor);
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token).ConfigureAwait(false);
            if (response.IsSuccessStatusCode) return response;
            using (response)
            {
                string text = await deadline.Guard(response, response.Content.ReadAsStringAsync()).ConfigureAwait(false);
                throw LaurelException.FromResponse((int)response.StatusCode, text);
            }
        }
    }

    /// <summary>A stream of responses. Disposing it ends the call.</summary>
    public abstract class LaurelStream : IDisposable
    {
        /// <summary>Returns the next response; null at the end. One call at a time.</summary>
        /// <exception cref="LaurelException">The call failed.</exception>
        public abstract Task<Json> NextAsync();
        public abstract void Dispose();
    }

    /// <summary>The failure of a call, with the details that the server sent.</summary>
    public sealed class LaurelException : Exception
    {
        /// <summary>The code in the form of the wire, such as "not_found".</summary>
        public string Code { get; private set; }
        /// <summary>The reason, such as "TITLE_NOT_FOUND": see ErrorReason; empty for an error that is not from Laurel.</summary>
        public string Reason { get; private set; }
        /// <summary>"laurel", or empty.</summary>
        public string Domain { get; private set; }
        /// <summary>The variable parts of the message.</summary>
        public IDictionary<string, string> Metadata { get; private set; }
        /// <summary>The remedy for each field at fault, by the field's path.</summary>
        public IList<KeyValuePair<string, string>> Violations { get; private set; }
        /// <summary>How long to wait before the call is repeated; null if the server does not say.</summary>
        public TimeSpan? RetryAfter { get; private set; }

        internal LaurelException(string code, string message, IEnumerable<Json> details = null, Exception cause = null) : base(message, cause)
        {
            Code = code;
            Reason = Domain = "";
            Metadata = new Dictionary<string, string>();
            Violations = new List<KeyValuePair<string, string>>();
            foreach (Json detail in details ?? new Json[0]) AddDetail(detail);
        }

        /// <summary>Whether the same call can succeed later.</summary>
        public bool IsTransient
        {
            get { return Code == "unavailable" || RetryAfter.HasValue; }
        }

        /// <summary>Returns the error of one item, such as that of a BatchItemResult: a google.rpc.Status.</summary>
        public static LaurelException FromStatus(Json status)
        {
            long code = status["code"].AsLong;
            return new LaurelException(code >= 0 && code < Codes.Length ? Codes[code] : "unknown", status["message"].AsString, status["details"]);
        }

        internal static LaurelException FromError(Json error)
        {
            return new LaurelException(error["code"].AsString, error["message"].AsString, error["details"]);
        }

        internal static LaurelException FromResponse(int status, string text)
        {
            try
            {
                Json error = Json.Parse(text);
                if (error["code"].IsString) return FromError(error);
            }
            catch (FormatException)
            {
            }
            return new LaurelException(CodeOf(status), "HTTP " + status.ToString(CultureInfo.InvariantCulture));
        }

        static readonly string[] Codes =
        {
            "ok", "canceled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists", "permission_denied",
            "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented", "internal", "unavailable", "data_loss",
            "unauthenticated"
        };

        static string CodeOf(int status)
        {
            switch (status)
            {
                case 400: return "internal";
                case 401: return "unauthenticated";
                case 403: return "permission_denied";
                case 404: return "unimplemented";
                case 429: case 502: case 503: case 504: return "unavailable";
                default: return "unknown";
            }
        }

        /// <summary>An error of a call has its details as JSON in "debug", beside their encoding; that of an item is the JSON itself.</summary>
        void AddDetail(Json detail)
        {
            string type = detail["type"].IsString ? detail["type"].AsString : detail["@type"].AsString;
            Json value = detail["type"].IsString ? detail["debug"] : detail;
            if (type.EndsWith("google.rpc.ErrorInfo", StringComparison.Ordinal))
            {
                Reason = value["reason"].AsString;
                Domain = value["domain"].AsString;
                foreach (var member in value["metadata"].Members) Metadata[member.Key] = member.Value.AsString;
            }
            else if (type.EndsWith("google.rpc.BadRequest", StringComparison.Ordinal))
            {
                foreach (Json violation in value["fieldViolations"])
                    Violations.Add(new KeyValuePair<string, string>(violation["field"].AsString, violation["description"].AsString));
            }
            else if (type.EndsWith("google.rpc.RetryInfo", StringComparison.Ordinal))
            {
                string text = value["retryDelay"].AsString.TrimEnd('s');
                double seconds;
                double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds);
                RetryAfter = TimeSpan.FromSeconds(seconds);
            }
        }
    }

    /// <summary>The time that a call has, and the token that ends it: at the deadline, or with the caller's.</summary>
    sealed class Deadline : IDisposable
    {
        readonly CancellationToken caller;
        readonly CancellationTokenSource source;
        readonly DateTime end;

        internal readonly bool IsSet;
        bool isCancelled;

        internal Deadline(TimeSpan timeout, CancellationToken caller)
        {
            this.caller = caller;
            IsSet = timeout != Timeout.InfiniteTimeSpan;
            source = CancellationTokenSource.CreateLinkedTokenSource(caller);
            end = IsSet ? DateTime.UtcNow + timeout : DateTime.MaxValue;
            if (IsSet) source.CancelAfter(timeout);
        }

        internal CancellationToken Token
        {
            get { return source.Token; }
        }

        internal TimeSpan Remaining
        {
            get { return end - DateTime.UtcNow; }
        }

        internal void Cancel()
        {
            isCancelled = true;
            source.Cancel();
        }

        public void Dispose()
        {
            source.Dispose();
        }

        /// <summary>Waits for a read of a response; not all runtimes end it with a token, so the end closes the response.</summary>
        internal async Task<T> Guard<T>(HttpResponseMessage response, Task<T> read)
        {
            using (source.Token.Register(response.Dispose))
            {
                T result = await read.ConfigureAwait(false);
                source.Token.ThrowIfCancellationRequested();
                return result;
            }
        }

        /// <summary>Returns what a call fails with; throws if the caller cancelled it.</summary>
        internal LaurelException FailureOf(Exception error)
        {
            caller.ThrowIfCancellationRequested();
            if (isCancelled) return new LaurelException("canceled", "the stream was disposed", null, error);
            if (source.IsCancellationRequested) return new LaurelException("deadline_exceeded", "the operation timed out", null, error);
            var known = error as LaurelException;
            if (known != null) return known;
            if (error is FormatException) return new LaurelException("internal", error.Message, null, error);
            return new LaurelException("unavailable", "the connection failed: " + error.GetBaseException().Message, null, error);
        }
    }

    /// <summary>The responses to one request. A body is opened as a function that returns the next message, null at the end.</summary>
    sealed class ResponseStream : LaurelStream
    {
        readonly Deadline deadline;
        readonly Func<Task<HttpResponseMessage>> send;
        readonly Func<Stream, Func<Task<Json>>> open;
        HttpResponseMessage response;
        Func<Task<Json>> read;

        internal ResponseStream(Deadline deadline, Func<Task<HttpResponseMessage>> send, Func<Stream, Func<Task<Json>>> open)
        {
            this.deadline = deadline;
            this.send = send;
            this.open = open;
        }

        public override async Task<Json> NextAsync()
        {
            try
            {
                if (read == null)
                {
                    response = await send().ConfigureAwait(false);
                    read = open(await response.Content.ReadAsStreamAsync().ConfigureAwait(false));
                }
                return await deadline.Guard(response, read()).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                throw deadline.FailureOf(error);
            }
        }

        public override void Dispose()
        {
            deadline.Cancel();
            if (response != null) response.Dispose();
        }
    }

    /// <summary>A watch over as many connections as it takes.</summary>
    sealed class WatchStream : LaurelStream
    {
        const double DefaultHeartbeatSeconds = 15;
        /// <summary>The server takes no shorter interval, and says so: the connection must live until then.</summary>
        const double MinHeartbeatSeconds = 1;
        /// <summary>A connection is lost if it is silent for this many heartbeats: a lost peer sends no error.</summary>
        const double SilentHeartbeats = 2.5;

        readonly LaurelClient client;
        readonly Json request;
        readonly CancellationTokenSource source;
        readonly TimeSpan silence;
        LaurelStream connection;
        int failures;

        internal WatchStream(LaurelClient client, Json request, CancellationToken token)
        {
            this.client = client;
            this.request = request.Copy();
            source = CancellationTokenSource.CreateLinkedTokenSource(token);
            double heartbeat;
            if (!double.TryParse(request["heartbeat"].AsString.TrimEnd('s'), NumberStyles.Float, CultureInfo.InvariantCulture, out heartbeat))
                heartbeat = DefaultHeartbeatSeconds;
            silence = TimeSpan.FromSeconds(Math.Max(heartbeat, MinHeartbeatSeconds) * SilentHeartbeats);
        }

        public override async Task<Json> NextAsync()
        {
            for (; ; )
            {
                LaurelException failure = null;
                try
                {
                    if (connection == null) connection = client.Stream("EventService/WatchProgress", request, null, source.Token);
                    Json response = await NextOrNullAsync().ConfigureAwait(false);
                    if (response != null)
                    {
                        request.Remove("resumeToken");
                        request["resume_token"] = response["resumeToken"];
                        failures = 0;
                        return response;
                    }
                }
                catch (LaurelException error)
                {
                    if (!error.IsTransient) throw;
                    failure = error;
                }
                connection.Dispose();
                connection = null;
                await Task.Delay(client.DelayOf(failure, ++failures), source.Token).ConfigureAwait(false);
            }
        }

        /// <summary>Returns null if the stream has ended or is silent.</summary>
        async Task<Json> NextOrNullAsync()
        {
            Task<Json> next = connection.NextAsync();
            using (var timer = CancellationTokenSource.CreateLinkedTokenSource(source.Token))
            {
                bool isSilent = await Task.WhenAny(next, Task.Delay(silence, timer.Token)).ConfigureAwait(false) != next;
                timer.Cancel();
                if (!isSilent) return await next.ConfigureAwait(false);
            }
            source.Token.ThrowIfCancellationRequested();
            // The end of the connection fails the read, which nothing else observes.
            _ = next.ContinueWith(read => read.Exception, TaskContinuationOptions.OnlyOnFaulted);
            return null;
        }

        public override void Dispose()
        {
            source.Cancel();
            if (connection != null) connection.Dispose();
        }
    }

    /// <summary>The messages of a stream of the Connect protocol: a byte of flags, the length in four bytes, JSON.</summary>
    static class Envelopes
    {
        const int HeadBytes = 5;
        const int EndFlag = 2;

        internal static HttpContent Content(Json message)
        {
            byte[] text = Encoding.UTF8.GetBytes(message.ToString());
            var bytes = new byte[HeadBytes + text.Length];
            for (int index = 0; index < 4; index++) bytes[4 - index] = (byte)(text.Length >> (8 * index));
            text.CopyTo(bytes, HeadBytes);
            var content = new ByteArrayContent(bytes);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/connect+json");
            return content;
        }

        internal static Func<Task<Json>> Open(Stream body)
        {
            return () => ReadAsync(body);
        }

        static async Task<Json> ReadAsync(Stream body)
        {
            byte[] head = await ReadBytesAsync(body, HeadBytes).ConfigureAwait(false);
            int length = head[1] << 24 | head[2] << 16 | head[3] << 8 | head[4];
            Json message = Json.Parse(Encoding.UTF8.GetString(await ReadBytesAsync(body, length).ConfigureAwait(false)));
            if ((head[0] & EndFlag) == 0) return message;
            if (!message["error"].IsNull) throw LaurelException.FromError(message["error"]);
            return null;
        }

        static async Task<byte[]> ReadBytesAsync(Stream body, int count)
        {
            var bytes = new byte[count];
            for (int length = 0; length < count;)
            {
                int read = await body.ReadAsync(bytes, length, count - length).ConfigureAwait(false);
                if (read == 0) throw new IOException("the stream ended within a message");
                length += read;
            }
            return bytes;
        }
    }

    /// <summary>The responses to an upload: a line of JSON each.</summary>
    static class Lines
    {
        internal static Func<Task<Json>> Open(Stream body)
        {
            var reader = new StreamReader(body);
            return () => ReadAsync(reader);
        }

        static async Task<Json> ReadAsync(StreamReader reader)
        {
            string line = await reader.ReadLineAsync().ConfigureAwait(false);
            if (line == null) return null;
            Json message = Json.Parse(line);
            // An error after the first response is the last line.
            if (!message["error"].IsNull) throw LaurelException.FromError(message["error"]);
            return message;
        }
    }

    static class RequestIds
    {
        static readonly RandomNumberGenerator Generator = RandomNumberGenerator.Create();

        /// <summary>Returns 128 random bits.</summary>
        internal static string Create()
        {
            return BitConverter.ToString(RandomBytes(16)).Replace("-", "").ToLowerInvariant();
        }

        internal static double RandomFraction()
        {
            return BitConverter.ToUInt32(RandomBytes(4), 0) / (uint.MaxValue + 1.0);
        }

        static byte[] RandomBytes(int count)
        {
            var bytes = new byte[count];
            lock (Generator) Generator.GetBytes(bytes);
            return bytes;
        }
    }

    /// <summary>What the contract says about its RPCs.</summary>
    static class Rpcs
    {
        // <rpcs> Written by `npm run gen`.
        static readonly HashSet<string> Repeatable = new HashSet<string>
        {
            "AchievementService/BatchGetAchievements",
            "AchievementService/DeleteAchievement",
            "AchievementService/GetAchievement",
            "AchievementService/GetBackfill",
            "AchievementService/ListAchievementRevisions",
            "AchievementService/ListAchievements",
            "AchievementService/ListBackfills",
            "AchievementService/ListUnlockTotals",
            "AchievementService/ReorderAchievement",
            "AchievementService/RestoreAchievementRevision",
            "AchievementService/UpdateAchievement",
            "AuditService/ListAuditEntries",
            "CallerService/GetCaller",
            "CommunityService/ClaimReward",
            "CommunityService/ListCommunityProgress",
            "CommunityService/ListContributions",
            "CommunityService/ListContributors",
            "CommunityService/ResetCommunityProgress",
            "DestinationService/DeleteDestination",
            "DestinationService/GetDelivery",
            "DestinationService/GetDestination",
            "DestinationService/GetDestinationHealth",
            "DestinationService/ListAchievementDeliveries",
            "DestinationService/ListDeliveries",
            "DestinationService/ListDestinations",
            "DestinationService/PauseDestination",
            "DestinationService/ResumeDestination",
            "DestinationService/UpdateDestination",
            "EventService/ListEvents",
            "ExchangeService/LintTitle",
            "ExchangeService/ListDialects",
            "ExchangeService/PreviewAchievement",
            "ImageService/PreviewImage",
            "ImageService/UploadImage",
            "MigrationJobService/GetMigrationJob",
            "MigrationJobService/ListMigrationConflicts",
            "MigrationJobService/ListMigrationJobs",
            "MigrationJobService/ListMigrationRefusals",
            "MigrationJobService/PlanMigrationJob",
            "PlanService/GetPlan",
            "PlanService/ListPlanChanges",
            "PlayerService/DeletePlayer",
            "PlayerService/FindPlayer",
            "PlayerService/GetPlayer",
            "PlayerService/LinkAccount",
            "PlayerService/ListPlayers",
            "PlayerService/MergePlayers",
            "PlayerService/UnlinkAccount",
            "PlayerService/UpdatePlayer",
            "ProgressService/GetPlayerSummary",
            "ProgressService/GetProgress",
            "ProgressService/GrantAchievement",
            "ProgressService/ListPlayerSummaries",
            "ProgressService/ListProgress",
            "ProgressService/ResetProgress",
            "ProgressService/RestoreAchievement",
            "ProgressService/RevokeAchievement",
            "ProgressService/UnlockAchievement",
            "StatService/DeleteStat",
            "StatService/GetStat",
            "StatService/ListStatValues",
            "StatService/ListStats",
            "StatService/UpdateStat",
            "TitleService/DeleteTitle",
            "TitleService/GetTitle",
            "TitleService/ListTitles",
            "TitleService/UpdateTitle",
        };
        
        static readonly HashSet<string> WithRequestId = new HashSet<string>
        {
            "AchievementService/CreateAchievement",
            "AchievementService/DeleteAchievement",
            "AchievementService/ReorderAchievement",
            "AchievementService/RestoreAchievementRevision",
            "AchievementService/UpdateAchievement",
            "CommunityService/ClaimReward",
            "CommunityService/ResetCommunityProgress",
            "DestinationService/CreateDestination",
            "DestinationService/DeleteDestination",
            "DestinationService/UpdateDestination",
            "PlanService/ApplyPlan",
            "PlayerService/CreatePlayer",
            "PlayerService/DeletePlayer",
            "PlayerService/LinkAccount",
            "PlayerService/MergePlayers",
            "PlayerService/UnlinkAccount",
            "PlayerService/UpdatePlayer",
            "ProgressService/GrantAchievement",
            "ProgressService/RecordProgress",
            "ProgressService/RecordStats",
            "ProgressService/ResetProgress",
            "ProgressService/RestoreAchievement",
            "ProgressService/RevokeAchievement",
            "ProgressService/UnlockAchievement",
            "StatService/CreateStat",
            "StatService/DeleteStat",
            "StatService/UpdateStat",
            "TitleService/CreateTitle",
            "TitleService/DeleteTitle",
            "TitleService/UpdateTitle",
        };
        
        static readonly Dictionary<string, string> WithItems = new Dictionary<string, string>
        {
            { "ProgressService/BatchRecordProgress", "items" },
        };
        // </rpcs>

        internal static bool IsRepeatable(string method)
        {
            return Repeatable.Contains(method) || WithRequestId.Contains(method) || WithItems.ContainsKey(method);
        }

        /// <summary>Returns the request with a new request id where one is missing, in each item if these have them.</summary>
        internal static Json WithRequestIds(string method, Json request)
        {
            if (WithRequestId.Contains(method)) return WithRequestIdOf(request);
            string items;
            if (!WithItems.TryGetValue(method, out items)) return request;
            Json copy = request.Copy();
            copy[items] = Json.List(request[items].Select(WithRequestIdOf).ToArray());
            return copy;
        }

        static Json WithRequestIdOf(Json request)
        {
            if (request["request_id"].AsString + request["requestId"].AsString != "") return request;
            Json copy = request.Copy();
            copy.Remove("requestId");
            copy["request_id"] = RequestIds.Create();
            return copy;
        }
    }

    /// <summary>
    /// A JSON value. A member or an element that does not exist is a null, so that responses, in which defaults are absent, are read
    /// without checks.
    /// </summary>
    public sealed class Json : IEnumerable<Json>
    {
        /// <summary>Null, bool, string, Number, List of Json or Dictionary of Json.</summary>
        object value;

        struct Number
        {
            internal string Text;
        }

        static readonly Json Null = new Json((object)null);

        /// <summary>Creates an object: new Json { { "title_id", "lanternfall" } }.</summary>
        public Json() : this(new Dictionary<string, Json>())
        {
        }

        Json(object value)
        {
            this.value = value;
        }

        public static implicit operator Json(string text) { return new Json((object)text); }
        public static implicit operator Json(bool value) { return new Json((object)value); }
        public static implicit operator Json(long number) { return NumberOf(number.ToString(CultureInfo.InvariantCulture)); }
        public static implicit operator Json(double number) { return NumberOf(number.ToString("R", CultureInfo.InvariantCulture)); }

        static Json NumberOf(string text)
        {
            return new Json((object)new Number { Text = text });
        }

        public static Json List(params Json[] items) { return new Json((object)new List<Json>(items)); }

        public bool IsNull { get { return value == null; } }
        public bool IsString { get { return value is string; } }
        /// <summary>Returns the text of a string or a number; otherwise an empty text.</summary>
        public string AsString { get { return value is Number ? ((Number)value).Text : value as string ?? ""; } }
        public bool AsBool { get { return value is bool && (bool)value; } }
        /// <summary>Returns a whole number, which may be written as a string; otherwise 0.</summary>
        public long AsLong { get { long number; long.TryParse(AsString, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number); return number; } }
        /// <summary>Returns a number, which may be written as a string; otherwise 0.</summary>
        public double AsDouble { get { double number; double.TryParse(AsString, NumberStyles.Float, CultureInfo.InvariantCulture, out number); return number; } }
        /// <summary>Returns the number of elements of a list, or of members of an object; otherwise 0.</summary>
        public int Count { get { return value is List<Json> ? ((List<Json>)value).Count : Members.Count; } }

        /// <summary>Returns the members of an object; otherwise none.</summary>
        public IDictionary<string, Json> Members { get { return value as Dictionary<string, Json> ?? new Dictionary<string, Json>(); } }

        public Json this[string name]
        {
            get { Json member; return Members.TryGetValue(name, out member) ? member : Null; }
            set { ((Dictionary<string, Json>)this.value)[name] = value ?? Null; }
        }

        public Json this[int index]
        {
            get { var list = value as List<Json>; return list != null && index >= 0 && index < list.Count ? list[index] : Null; }
        }

        public void Add(string name, Json member) { this[name] = member; }
        public void Remove(string name) { ((Dictionary<string, Json>)value).Remove(name); }

        /// <summary>Returns an object with the same members.</summary>
        public Json Copy() { return new Json((object)new Dictionary<string, Json>(Members)); }

        /// <summary>Returns the elements of a list; otherwise none.</summary>
        public IEnumerator<Json> GetEnumerator() { return (value as List<Json> ?? new List<Json>()).GetEnumerator(); }
        IEnumerator IEnumerable.GetEnumerator() { return GetEnumerator(); }

        /// <summary>Returns the JSON text.</summary>
        public override string ToString()
        {
            var text = new StringBuilder();
            Write(text);
            return text.ToString();
        }

        void Write(StringBuilder text)
        {
            if (value == null) text.Append("null");
            else if (value is bool) text.Append((bool)value ? "true" : "false");
            else if (value is Number) text.Append(AsString);
            else if (value is string) WriteString(text, (string)value);
            else if (value is List<Json>)
            {
                string separator = "[";
                foreach (Json item in this) { text.Append(separator); item.Write(text); separator = ","; }
                text.Append(Count == 0 ? "[]" : "]");
            }
            else
            {
                string separator = "{";
                foreach (var member in Members)
                {
                    text.Append(separator);
                    WriteString(text, member.Key);
                    text.Append(':');
                    member.Value.Write(text);
                    separator = ",";
                }
                text.Append(Count == 0 ? "{}" : "}");
            }
        }

        static void WriteString(StringBuilder text, string value)
        {
            text.Append('"');
            foreach (char character in value)
            {
                if (character == '"' || character == '\\') text.Append('\\').Append(character);
                else if (character < ' ') text.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture));
                else text.Append(character);
            }
            text.Append('"');
        }

        /// <exception cref="FormatException">The text is not JSON.</exception>
        public static Json Parse(string text)
        {
            var reader = new Reader(text);
            Json json = reader.ReadValue(0);
            reader.ReadEnd();
            return json;
        }

        sealed class Reader
        {
            const int MaxDepth = 200;

            readonly string text;
            int position;

            internal Reader(string text)
            {
                this.text = text;
            }

            internal Json ReadValue(int depth)
            {
                if (depth > MaxDepth) throw Failure();
                switch (Peek())
                {
                    case '{': return ReadObject(depth);
                    case '[': return ReadList(depth);
                    case '"': return ReadString();
                    case 't': ReadWord("true"); return true;
                    case 'f': ReadWord("false"); return false;
                    case 'n': ReadWord("null"); return new Json((object)null);
                    default: return ReadNumber();
                }
            }

            internal void ReadEnd()
            {
                if (Peek() != '\0' || position < text.Length) throw Failure();
            }

            Json ReadObject(int depth)
            {
                var members = new Dictionary<string, Json>();
                position++;
                if (TryRead('}')) return new Json((object)members);
                do
                {
                    if (Peek() != '"') throw Failure();
                    string name = ReadString();
                    Expect(':');
                    members[name] = ReadValue(depth + 1);
                } while (TryRead(','));
                Expect('}');
                return new Json((object)members);
            }

            Json ReadList(int depth)
            {
                var items = new List<Json>();
                position++;
                if (TryRead(']')) return new Json((object)items);
                do items.Add(ReadValue(depth + 1)); while (TryRead(','));
                Expect(']');
                return new Json((object)items);
            }

            string ReadString()
            {
                var result = new StringBuilder();
                for (position++; ; position++)
                {
                    if (position >= text.Length || text[position] < ' ') throw Failure();
                    char character = text[position];
                    if (character == '"') break;
                    result.Append(character == '\\' ? ReadEscape() : character);
                }
                position++;
                return result.ToString();
            }

            char ReadEscape()
            {
                position++;
                char character = position < text.Length ? text[position] : '\0';
                int index = "\"\\/bfnrt".IndexOf(character);
                if (index >= 0) return "\"\\/\b\f\n\r\t"[index];
                int code;
                if (character != 'u' || position + 4 >= text.Length || !int.TryParse(text.Substring(position + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code))
                    throw Failure();
                position += 4;
                return (char)code;
            }

            Json ReadNumber()
            {
                int start = position;
                while (position < text.Length && "+-0123456789.eE".IndexOf(text[position]) >= 0) position++;
                string number = text.Substring(start, position - start);
                double ignored;
                if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out ignored)) throw Failure();
                return NumberOf(number);
            }

            void ReadWord(string word)
            {
                if (string.CompareOrdinal(text, position, word, 0, word.Length) != 0) throw Failure();
                position += word.Length;
            }

            /// <summary>Returns the next character after white space; '\0' at the end.</summary>
            char Peek()
            {
                while (position < text.Length && " \t\r\n".IndexOf(text[position]) >= 0) position++;
                return position < text.Length ? text[position] : '\0';
            }

            bool TryRead(char character)
            {
                if (Peek() != character) return false;
                position++;
                return true;
            }

            void Expect(char character)
            {
                if (!TryRead(character)) throw Failure();
            }

            FormatException Failure()
            {
                return new FormatException("the text is not valid JSON at character " + position.ToString(CultureInfo.InvariantCulture));
            }
        }
    }
}
