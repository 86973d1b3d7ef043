using System.Text;
using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;
using Microsoft.Extensions.ObjectPool;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Turns the responses of one rpc into the bytes that go to the client. Thread-safe.</summary>
internal sealed class ResponseWriter<TResponse>(
    RouteRule rule, Marshaller<TResponse> marshaller, ObjectPool<Workspace> workspaces, bool indented)
    where TResponse : class
{
    public ObjectPool<Workspace> Workspaces => workspaces;

    /// <summary>
    /// Writes a response into a workspace. Its bytes are those of the marshaller, which need not come from a message
    /// object at all.
    /// </summary>
    /// <returns>The content type where the response brings its own (google.api.HttpBody), else null.</returns>
    /// <exception cref="MalformedWireException">The marshaller's bytes are not a response of the rpc.</exception>
    public string? Write(TResponse response, Workspace workspace, Encoding encoding)
    {
        workspace.Payload.Reset();
        workspace.Json.Clear();
        marshaller.ContextualSerializer(response, workspace.Payload);
        var bytes = workspace.Payload.Bytes;
        if (HttpBodyFormat.IsHttpBody(rule.ResponseField?.Message ?? rule.Output) && rule.ResponseField is not { IsRepeated: true })
        {
            return HttpBodyFormat.Write(rule.ResponseField, bytes, workspace.Json);
        }

        if (rule.ResponseField is { } field)
        {
            workspace.Writer.WriteField(rule.Output, field, bytes);
        }
        else
        {
            workspace.Writer.Write(rule.Output, bytes);
        }

        if (indented)
        {
            Indent(workspace.Json);
        }

        if (encoding != Encoding.UTF8)
        {
            Replace(workspace.Json, Encoding.Convert(Encoding.UTF8, encoding, workspace.Json.Written.ToArray()));
        }

        return null;
    }

    // People read indented JSON; no service that must be fast asks for it.
    private static void Indent(ByteBuffer json)
    {
        using var document = JsonDocument.Parse(json.WrittenMemory.ToArray(), new JsonDocumentOptions { MaxDepth = int.MaxValue });
        var options = new JsonWriterOptions
        {
            Indented = true,
            MaxDepth = int.MaxValue,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        json.Clear();
        using var writer = new Utf8JsonWriter(json, options);
        document.WriteTo(writer);
    }

    private static void Replace(ByteBuffer json, byte[] bytes)
    {
        json.Clear();
        json.Write(bytes);
    }
}
