using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using JsonTranscoding.Tests.Protos;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Reading;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Writing;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace JsonTranscoding.Tests.Json;

/// <summary>Writer and reader without a server around them.</summary>
internal sealed class JsonHarness
{
    public static readonly TypeRegistry Types = TypeRegistry.FromFiles(AllTypesReflection.Descriptor);

    private readonly SchemaCache _schemas;

    public JsonHarness(Action<GrpcJsonSettings>? settings = null)
    {
        var options = new GrpcJsonTranscodingOptions { TypeRegistry = Types };
        settings?.Invoke(options.JsonSettings);
        _schemas = new SchemaCache(options);
    }

    public SchemaCache Schemas => _schemas;

    public string Write(IMessage message) => Write(message.Descriptor, message.ToByteArray());

    public string Write(MessageDescriptor descriptor, byte[] wire)
    {
        using var json = new ByteBuffer();
        new JsonWriter(_schemas, json).Write(_schemas.Get(descriptor), wire);
        return Encoding.UTF8.GetString(json.Written);
    }

    public T Read<T>(string json)
        where T : IMessage<T>, new()
    {
        using var wire = new ByteBuffer();
        new JsonMessageReader(_schemas, wire).ReadMessage(Encoding.UTF8.GetBytes(json), _schemas.Get(new T().Descriptor));
        var message = new T();
        message.MergeFrom(wire.Written.ToArray());
        return message;
    }
}
