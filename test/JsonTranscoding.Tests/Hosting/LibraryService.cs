using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using JsonTranscoding.Tests.Protos;
using Status = Grpc.Core.Status;

namespace JsonTranscoding.Tests.Hosting;

/// <summary>Answers what it got, or does what it is told.</summary>
internal sealed class LibraryService(ServiceProbe probe) : Library.LibraryBase
{
    public override Task<QueryRequest> Query(QueryRequest request, ServerCallContext context) => Task.FromResult(request);

    public override Task<BookRequest> GetBook(BookRequest request, ServerCallContext context) => Task.FromResult(request);

    public override Task<BookRequest> ArchiveBook(BookRequest request, ServerCallContext context) => Task.FromResult(request);

    public override Task<AllTypes> Echo(AllTypes request, ServerCallContext context) => Task.FromResult(request);

    public override Task<BookRequest> Patch(BookRequest request, ServerCallContext context) => Task.FromResult(request);

    public override Task<HeadersMessage> GetHeaders(HeadersMessage request, ServerCallContext context) =>
        Task.FromResult(new HeadersMessage { Text = context.GetHttpContext().Request.Method });

    public override Task<UploadRequest> Upload(UploadRequest request, ServerCallContext context) => Task.FromResult(request);

    public override Task<HttpBody> Download(BookRequest request, ServerCallContext context) =>
        Task.FromResult(new HttpBody { ContentType = "text/csv", Data = ByteString.CopyFromUtf8($"a,{request.Name}\n") });

    public override async Task<BehaveResponse> Behave(BehaveRequest request, ServerCallContext context)
    {
        switch (request.What)
        {
            case "fail":
                throw new RpcException(new Status((StatusCode)request.Code, request.Message));
            case "fail by status":
                context.Status = new Status((StatusCode)request.Code, request.Message);
                return new BehaveResponse();
            case "fail with details":
                throw Details();
            case "fail with broken details":
                throw new RpcException(
                    new Status(StatusCode.InvalidArgument, "plain"), new Metadata { { "grpc-status-details-bin", [0xFF, 0xFF] } });
            case "throw":
                throw new InvalidOperationException(request.Message);
            case "null":
                return null!;
            case "wait":
                await WaitAsync(context);
                return new BehaveResponse();
            case "ignore deadline":
                await Task.WhenAny(WaitForever(context.CancellationToken));
                return new BehaveResponse { Text = "too late" };
            case "status":
                context.GetHttpContext().Response.StatusCode = request.Code;
                return new BehaveResponse { Text = request.Message };
            case "headers":
                await context.WriteResponseHeadersAsync(new Metadata { { "x-answer", "42" }, { "x-raw-bin", [1, 2, 3] } });
                return new BehaveResponse();
            case "metadata":
                var seen = new BehaveResponse();
                foreach (var entry in context.RequestHeaders)
                {
                    seen.Seen[entry.Key] = entry.IsBinary ? Convert.ToHexString(entry.ValueBytes) : entry.Value;
                }

                return seen;
            case "context":
                return new BehaveResponse
                {
                    Seen =
                    {
                        ["method"] = context.Method,
                        ["host"] = context.Host,
                        ["peer"] = context.Peer,
                        ["deadline"] = context.Deadline == DateTime.MaxValue ? "none" : (context.Deadline - DateTime.UtcNow).TotalSeconds.ToString("F0"),
                        ["http"] = context.GetHttpContext().Request.Path,
                        ["authenticated"] = context.AuthContext.IsPeerAuthenticated.ToString(),
                    },
                };
            default:
                return new BehaveResponse { Text = request.What };
        }
    }

    public override async Task Stream(StreamRequest request, IServerStreamWriter<StreamResponse> responseStream, ServerCallContext context)
    {
        var text = new string('x', request.Size);
        for (var i = 1; i <= request.Count; i++)
        {
            await responseStream.WriteAsync(new StreamResponse { Number = i, Text = text });
            Interlocked.Increment(ref probe.Written);
        }

        if (request.FailCode != 0)
        {
            throw new RpcException(new Status((StatusCode)request.FailCode, "stopped"));
        }

        if (request.Hang)
        {
            await WaitAsync(context);
        }
    }

    private static RpcException Details()
    {
        var status = new Google.Rpc.Status { Code = (int)Code.InvalidArgument, Message = "bad filter" };
        status.Details.Add(Any.Pack(new BadRequest
        {
            FieldViolations = { new BadRequest.Types.FieldViolation { Field = "filter", Description = "no such field" } },
        }));
        status.Details.Add(Any.Pack(new BookRequest { Name = "not registered" }));
        return new RpcException(
            new Status(StatusCode.InvalidArgument, "bad filter"), new Metadata { { "grpc-status-details-bin", status.ToByteArray() } });
    }

    private async Task WaitAsync(ServerCallContext context)
    {
        try
        {
            await WaitForever(context.CancellationToken);
        }
        finally
        {
            probe.Cancelled.TrySetResult();
        }
    }

    private static Task WaitForever(CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);
}
