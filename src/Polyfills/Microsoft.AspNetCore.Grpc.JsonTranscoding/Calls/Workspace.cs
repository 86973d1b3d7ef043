using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Writing;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;
using Microsoft.Extensions.ObjectPool;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>What turning one message into JSON needs, pooled: the encoded message, the JSON, and the writer.</summary>
internal sealed class Workspace : IDisposable
{
    // What a large answer needed is not kept for the small ones that follow.
    private const int MaxKeptBytes = 1 << 20;

    private readonly ByteBuffer _wire = new();

    private Workspace(SchemaCache schemas)
    {
        Payload = new ResponsePayload(_wire);
        Writer = new JsonWriter(schemas, Json);
    }

    public ResponsePayload Payload { get; }

    public ByteBuffer Json { get; } = new();

    public JsonWriter Writer { get; }

    public static ObjectPool<Workspace> CreatePool(SchemaCache schemas) =>
        new DefaultObjectPool<Workspace>(new Policy(schemas));

    public void Dispose()
    {
        _wire.Dispose();
        Json.Dispose();
    }

    private sealed class Policy(SchemaCache schemas) : PooledObjectPolicy<Workspace>
    {
        public override Workspace Create() => new(schemas);

        public override bool Return(Workspace workspace)
        {
            if (workspace._wire.Capacity > MaxKeptBytes || workspace.Json.Capacity > MaxKeptBytes)
            {
                workspace.Dispose();
                return false;
            }

            workspace.Payload.Reset();
            workspace.Json.Clear();
            return true;
        }
    }
}
