package main

import "github.com/seed-e9190de5/autherr"

// zhCategories has the ten categories in Chinese, by Category.
var zhCategories = map[autherr.Category]string{
	autherr.CategoryBasicToken:      "基础令牌",
	autherr.CategoryAuthentication:  "身份认证",
	autherr.CategoryAuthorization:   "授权",
	autherr.CategoryAccountStatus:   "账号状态",
	autherr.CategorySession:         "会话",
	autherr.CategoryNonce:           "随机数 nonce",
	autherr.CategoryRefreshToken:    "刷新令牌",
	autherr.CategoryTokenValidation: "令牌校验",
	autherr.CategoryOAuth2:          "OAuth2",
	autherr.CategorySystem:          "系统",
}

// A zhText is what is known of an error, in Chinese.
type zhText struct {
	Meaning  string   // one sentence
	Causes   []string // short phrases, without a full stop
	Solution string   // one sentence
}

// zhErrors has the 32 sa-token errors in Chinese, by SaTokenError.
var zhErrors = map[autherr.SaTokenError]zhText{
	autherr.ErrTokenNotFound: {
		Meaning:  "存储中没有该令牌，或者它已经过期。",
		Causes:   []string{"从未创建", "已过期", "被手动删除"},
		Solution: "重新登录，获取新的令牌。",
	},
	autherr.ErrInvalidToken: {
		Meaning:  "令牌的格式或内容有误。",
		Causes:   []string{"令牌损坏", "令牌被篡改", "格式错误"},
		Solution: "检查令牌是否完整、格式是否正确。",
	},
	autherr.ErrTokenExpired: {
		Meaning:  "当前时间已超过令牌的过期时间。",
		Causes:   []string{"令牌的存活时间超过了配置的有效期"},
		Solution: "使用刷新令牌，或重新进行身份认证。",
	},
	autherr.ErrNotLogin: {
		Meaning:  "未经身份认证就访问了受保护的资源。",
		Causes:   []string{"没有发送令牌", "在请求中找不到令牌"},
		Solution: "先登录，再访问该资源。",
	},
	autherr.ErrPermissionDenied: {
		Meaning:  "用户缺少执行该操作所需的权限。",
		Causes:   []string{"从未将此权限授予该用户"},
		Solution: "将该权限授予用户本人，或授予其拥有的某个角色。",
	},
	autherr.ErrRoleDenied: {
		Meaning:  "用户缺少执行该操作所需的角色。",
		Causes:   []string{"从未给该用户分配此角色"},
		Solution: "给该用户分配此角色。",
	},
	autherr.ErrAccountBanned: {
		Meaning:  "账号已被临时或永久封禁。",
		Causes:   []string{"违反使用条款", "发生安全事件", "管理员决定封禁"},
		Solution: "等待封禁结束，或联系管理员。",
	},
	autherr.ErrAccountKickedOut: {
		Meaning:  "账号已被踢下线，其会话被强制结束。",
		Causes:   []string{"被管理员踢下线", "账号在其他设备上登录"},
		Solution: "重新登录。",
	},
	autherr.ErrSessionNotFound: {
		Meaning:  "会话不存在或已被删除。",
		Causes:   []string{"已过期", "被手动删除", "从未创建"},
		Solution: "登录即可创建新的会话。",
	},
	autherr.ErrNonceAlreadyUsed: {
		Meaning:  "该 nonce 此前已被使用，可能遭到了重放攻击。",
		Causes:   []string{"同一请求被重复发送", "重放攻击"},
		Solution: "每次请求都使用新的 nonce。",
	},
	autherr.ErrInvalidNonceFormat: {
		Meaning:  "nonce 的格式不符合预期。",
		Causes:   []string{"nonce 损坏", "nonce 由手工构造"},
		Solution: "按标准方式生成 nonce。",
	},
	autherr.ErrInvalidNonceTimestamp: {
		Meaning:  "nonce 中的时间无效，或不在允许的时间窗口内。",
		Causes:   []string{"时钟漂移", "nonce 过旧", "时间被篡改"},
		Solution: "同步时钟，并生成新的 nonce。",
	},
	autherr.ErrRefreshTokenNotFound: {
		Meaning:  "刷新令牌不存在或已过期。",
		Causes:   []string{"从未签发", "已过期", "已被吊销"},
		Solution: "重新进行身份认证。",
	},
	autherr.ErrRefreshTokenInvalidData: {
		Meaning:  "存储的刷新令牌记录已损坏或格式错误。",
		Causes:   []string{"存储数据损坏", "数据被篡改", "序列化故障"},
		Solution: "重新进行身份认证。",
	},
	autherr.ErrRefreshTokenMissingLoginID: {
		Meaning:  "刷新令牌记录中缺少登录 ID（login_id）。",
		Causes:   []string{"数据损坏", "记录写入不完整"},
		Solution: "签发新的刷新令牌。",
	},
	autherr.ErrRefreshTokenInvalidExpireTime: {
		Meaning:  "无法解析刷新令牌记录中的过期时间。",
		Causes:   []string{"日期格式错误", "数据损坏"},
		Solution: "签发新的刷新令牌，并确保其过期时间格式正确。",
	},
	autherr.ErrTokenEmpty: {
		Meaning:  "令牌为空，没有提供任何值。",
		Causes:   []string{"传入了空字符串"},
		Solution: "传入令牌。",
	},
	autherr.ErrTokenTooShort: {
		Meaning:  "令牌的长度小于最低要求的 8 个字符。",
		Causes:   []string{"令牌被截断", "传入的根本不是令牌"},
		Solution: "传入完整的令牌。",
	},
	autherr.ErrLoginIDNotNumber: {
		Meaning:  "登录 ID 无法解析为数字。",
		Causes:   []string{"需要数字 ID 时传入了非数字 ID"},
		Solution: "使登录 ID 的格式与预期的类型一致。",
	},
	autherr.ErrOAuth2ClientNotFound: {
		Meaning:  "客户端 ID（client_id）未知。",
		Causes:   []string{"客户端未注册", "客户端 ID 错误"},
		Solution: "注册客户端，或核对客户端 ID。",
	},
	autherr.ErrOAuth2InvalidCredentials: {
		Meaning:  "客户端 ID 与客户端密钥不匹配。",
		Causes:   []string{"客户端密钥错误", "输入有误"},
		Solution: "核对客户端凭据。",
	},
	autherr.ErrOAuth2ClientIDMismatch: {
		Meaning:  "客户端 ID 与发起授权流程的客户端 ID 不一致。",
		Causes:   []string{"使用了其他客户端的授权码或刷新令牌"},
		Solution: "改用发起该授权流程的客户端。",
	},
	autherr.ErrOAuth2RedirectURIMismatch: {
		Meaning:  "重定向 URI 不在已注册的 URI 之列。",
		Causes:   []string{"URI 不在允许列表中", "输入有误"},
		Solution: "使用已注册的重定向 URI。",
	},
	autherr.ErrOAuth2CodeNotFound: {
		Meaning:  "授权码不存在或已过期。",
		Causes:   []string{"已被使用", "已过期（有效期通常为 10 分钟）"},
		Solution: "重新申请授权码。",
	},
	autherr.ErrOAuth2AccessTokenNotFound: {
		Meaning:  "访问令牌不存在或已过期。",
		Causes:   []string{"已过期（有效期通常为 1 小时）", "已被吊销", "从未签发"},
		Solution: "刷新访问令牌，或重新进行授权。",
	},
	autherr.ErrOAuth2RefreshTokenNotFound: {
		Meaning:  "OAuth2 刷新令牌不存在或已过期。",
		Causes:   []string{"已过期（有效期通常为 30 天）", "已被吊销", "从未签发"},
		Solution: "重新进行授权。",
	},
	autherr.ErrOAuth2InvalidRefreshToken: {
		Meaning:  "OAuth2 刷新令牌记录已损坏或无效。",
		Causes:   []string{"数据损坏", "数据被篡改"},
		Solution: "重新进行授权，获取新的令牌。",
	},
	autherr.ErrOAuth2InvalidScope: {
		Meaning:  "作用域无效或已损坏。",
		Causes:   []string{"作用域格式错误", "客户端无权申请该作用域"},
		Solution: "只申请有效的作用域。",
	},
	autherr.ErrStorage: {
		Meaning:  "存储后端发生故障。",
		Causes:   []string{"数据库连接断开", "Redis 宕机", "网络故障"},
		Solution: "检查存储后端，以及与它之间的连接。",
	},
	autherr.ErrConfig: {
		Meaning:  "配置缺失或无效。",
		Causes:   []string{"缺少必需的配置项", "配置项的值有误"},
		Solution: "检查配置。",
	},
	autherr.ErrSerialization: {
		Meaning:  "数据无法序列化或解析。",
		Causes:   []string{"数据结构不匹配", "JSON 损坏"},
		Solution: "检查数据的格式和结构。",
	},
	autherr.ErrInternal: {
		Meaning:  "发生了不应发生的情况。",
		Causes:   []string{"编程错误", "出现意外状态"},
		Solution: "向开发者报告，并附上详细信息。",
	},
}
